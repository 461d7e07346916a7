/* One to eight threads that call the library at once, each with one to eight threads of its own and the instruction set
 * changing under it; then children that begin without the pool of their parent. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wish.h"

#define MOST_CALLERS 8
#define FORKS 16

#if defined(__SANITIZE_THREAD__)
#define WATCHES_THREADS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WATCHES_THREADS 1
#endif
#endif

struct caller {
    pthread_t thread;
    uint64_t seed;
    long rounds;
};

/* Every other picture is large enough for several threads. */
static void call_once(uint64_t *state, int is_large) {
    uint8_t bytes[96];
    fill_random(state, bytes, sizeof bytes);
    struct wish wish = wish_from_bytes(bytes, sizeof bytes);
    if (is_large) {
        wish.width = 301 + (int32_t)(next_random(state) % 100);
        wish.height = 231 + (int32_t)(next_random(state) % 100);
        wish.damage = NO_DAMAGE;
        wish.threads = 2 + (int)(next_random(state) % 7);
    }
    check_wish(&wish);
}

static void *call_often(void *argument) {
    struct caller *caller = argument;
    for (long i = 0; i < caller->rounds; i++)
        call_once(&caller->seed, i % 2);
    return NULL;
}

static void run_callers(int callers, long rounds) {
    struct caller all[MOST_CALLERS];
    for (int i = 0; i < callers; i++) {
        all[i].seed = (uint64_t)(100 * callers + i);
        all[i].rounds = rounds;
        if (pthread_create(&all[i].thread, NULL, call_often, &all[i]))
            abort();
    }
    for (int i = 0; i < callers; i++)
        pthread_join(all[i].thread, NULL);
}

#if !defined(WATCHES_THREADS)
static void fork_children(void) {
    for (int i = 0; i < FORKS; i++) {
        const pid_t child = fork();
        if (child == 0) {
            uint64_t state = (uint64_t)i;
            alarm(60); /* instead of a child that waits for threads it does not have */
            call_once(&state, 1);
            _exit(0);
        }
        int status = 0;
        if (child < 0 || waitpid(child, &status, 0) != child || status) {
            fprintf(stderr, "FAILED: forked child %d ended with status %d\n", i, status);
            abort();
        }
    }
    printf("%d forked children with pools of their own\n", FORKS);
}
#endif

int main(int count, char **arguments) {
    const long rounds = count > 1 ? atol(arguments[1]) : 20;
    for (int callers = 1; callers <= MOST_CALLERS; callers++)
        run_callers(callers, rounds);
    printf("1..%d callers at once, %ld calls each, of 1..8 threads\n", MOST_CALLERS, rounds);
#if defined(WATCHES_THREADS)
    printf("skipped: forked children (ThreadSanitizer cannot follow a fork into new threads)\n");
#else
    fork_children();
#endif
    return 0;
}
