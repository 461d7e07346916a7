/* The campaign without libFuzzer: random calls for so many seconds from a fixed seed. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "wish.h"

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

int main(int count, char **arguments) {
    const double end = now() + (count > 1 ? atof(arguments[1]) : 1);
    uint64_t state = 1;
    long made = 0;
    do {
        uint8_t bytes[96];
        fill_random(&state, bytes, sizeof bytes);
        const struct wish wish = wish_from_bytes(bytes, sizeof bytes);
        made += check_wish(&wish) != NO_MEMORY_FOR_IT;
    } while (now() < end);
    printf("%ld random calls\n", made);
    return made > 0 ? 0 : 1;
}
