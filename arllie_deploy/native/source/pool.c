#include "pool.h"

#include <pthread.h>
#include <signal.h>

static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t job_came = PTHREAD_COND_INITIALIZER;
static pthread_cond_t helper_left = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* All of it under pool_lock. */
static struct {
    int threads;  /* that exist */
    int busy;     /* a call owns the job below */
    int wanted;   /* helpers that may still join */
    int joined;   /* the last worker number given out */
    int inside;   /* helpers at work */
    void (*work)(void *, int);
    void *context;
} pool;

static void *helper(void *unused) {
    (void)unused;
    pthread_mutex_lock(&pool_lock);
    for (;;) {
        while (pool.wanted == 0)
            pthread_cond_wait(&job_came, &pool_lock);
        pool.wanted--;
        pool.inside++;
        int worker = ++pool.joined;
        void (*work)(void *, int) = pool.work;
        void *context = pool.context;
        pthread_mutex_unlock(&pool_lock);
        work(context, worker);
        pthread_mutex_lock(&pool_lock);
        if (--pool.inside == 0)
            pthread_cond_signal(&helper_left);
    }
    return NULL;
}

static void before_fork(void) {
    pthread_mutex_lock(&pool_lock);
}

static void after_fork_in_parent(void) {
    pthread_mutex_unlock(&pool_lock);
}

/* The helpers stayed behind in the parent: the child begins without any. */
static void after_fork_in_child(void) {
    pthread_mutex_init(&pool_lock, NULL);
    pthread_cond_init(&job_came, NULL);
    pthread_cond_init(&helper_left, NULL);
    pool.threads = pool.busy = pool.wanted = pool.joined = pool.inside = 0;
}

static void watch_forks(void) {
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

/* Starts what is missing of `helpers` threads; a system that gives no more is served by fewer. Signals are the
 * program's own threads' business, so the helpers block them all. */
static void start_helpers(int helpers) {
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (pool.threads < helpers) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, helper, NULL))
            break;
        pthread_detach(thread);
        pool.threads++;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void arllie_run(void (*work)(void *context, int worker), void *context, int threads) {
    if (threads < 2) {
        work(context, 0);
        return;
    }
    pthread_once(&once, watch_forks);
    pthread_mutex_lock(&pool_lock);
    int mine = !pool.busy;
    if (mine) {
        pool.busy = 1;
        start_helpers(threads - 1);
        pool.work = work;
        pool.context = context;
        pool.joined = 0;
        pool.wanted = threads - 1 < pool.threads ? threads - 1 : pool.threads;
        pthread_cond_broadcast(&job_came);
    }
    pthread_mutex_unlock(&pool_lock);
    work(context, 0);
    if (!mine)
        return;
    pthread_mutex_lock(&pool_lock);
    pool.wanted = 0;
    while (pool.inside > 0)
        pthread_cond_wait(&helper_left, &pool_lock);
    pool.busy = 0;
    pthread_mutex_unlock(&pool_lock);
}
