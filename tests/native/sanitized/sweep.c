/* Every size up to the first argument on every instruction set of this processor, every pair of formats and placement,
 * the ways through the threads, and what must be refused; each drawn from a fixed seed. */
#include <stdio.h>
#include <stdlib.h>

#include "far.h"
#include "wish.h"

#define WIDEST 70 /* from this size on, the row of the most pixels too */

static void require(int promised, const char *what) {
    if (promised)
        return;
    fprintf(stderr, "FAILED: %s\n", what);
    abort();
}

/* Strides, gaps, model and pixels by chance; the rest is the caller's. */
static struct wish drawn(uint64_t *state, const char *set) {
    uint8_t bytes[96];
    fill_random(state, bytes, sizeof bytes);
    struct wish wish = wish_from_bytes(bytes, sizeof bytes);
    wish.set = set;
    wish.damage = NO_DAMAGE;
    if (wish.place == ANYWHERE)
        wish.place = IN_PLACE;
    if (wish.place == IN_PLACE)
        wish.format[TARGET] = wish.format[SOURCE];
    return wish;
}

static long sweep_sizes(const char *set, int largest) {
    uint64_t state = 2;
    long calls = 0;
    for (int32_t width = 1; width <= largest; width++) {
        for (int32_t height = 1; height <= largest; height++) {
            struct wish wish = drawn(&state, set);
            wish.width = width;
            wish.height = height;
            require(check_wish(&wish) == MUST_PASS, "a size was not expected to pass");
            calls++;
        }
    }
    return calls;
}

static long sweep_formats(const char *set) {
    uint64_t state = 3;
    long calls = 0;
    for (int from = ARLLIE_RGB24; from <= ARLLIE_NV12_BT709_FULL; from++) {
        for (int to = ARLLIE_RGB24; to <= ARLLIE_NV12_BT709_FULL; to++) {
            for (int kind = 0; kind < 8 * (from == to ? 3 : 2); kind++) {
                struct wish wish = drawn(&state, set);
                wish.width = 37;
                wish.height = 5;
                wish.format[SOURCE] = from;
                wish.format[TARGET] = to;
                wish.epilogue = kind % 4;
                wish.real = kind / 4 % 2;
                wish.place = (enum placement[]){APART, BESIDE, IN_PLACE}[kind / 8];
                require(check_wish(&wish) == MUST_PASS, "a format was not expected to pass");
                calls++;
            }
        }
    }
    return calls;
}

static long sweep_threads(const char *set, int step) {
    static const int32_t SIZES[][2] = {{2101, 220}, {400, 333}, {9500, 33}}; /* up to 8, 3 and 3 threads */
    static const int32_t FORMATS[] = {ARLLIE_RGB24, ARLLIE_RGBX32, ARLLIE_NV12_BT709_LIMITED};
    uint64_t state = 4;
    long calls = 0;
    for (int threads = 1; threads <= 8; threads += step) {
        for (int in_place = 0; in_place < 2; in_place++) {
            struct wish wish = drawn(&state, set);
            wish.width = SIZES[calls % 3][0];
            wish.height = SIZES[calls % 3][1];
            wish.format[SOURCE] = wish.format[TARGET] = FORMATS[(calls / 3 + threads) % 3];
            wish.place = in_place ? IN_PLACE : APART;
            wish.threads = threads;
            require(check_wish(&wish) == MUST_PASS, "a number of threads was not expected to pass");
            calls++;
        }
    }
    return calls;
}

static long sweep_refusals(void) {
    static const struct {
        enum damage damage;
        int64_t values[6];
    } WRONG[] = {
        {WIDTH, {0, -1, INT32_MIN, INT32_MAX, ARLLIE_LARGEST_SIDE + 1, INT32_MAX - 63}},
        {HEIGHT, {0, -1, INT32_MIN, INT32_MAX, ARLLIE_LARGEST_SIDE + 1, INT32_MAX - 63}},
        {STRIDE_0, {0, 1, -64, INT64_MIN, INT64_MAX, INT64_MAX / 2}},
        {STRIDE_1, {0, 1, -64, INT64_MIN, INT64_MAX, INT64_MAX / 2}},
        {FORMAT, {-1, 6, INT32_MAX, INT32_MIN, 255, 65536}},
        {RESERVED, {1, -1, INT32_MAX, INT32_MIN, 2, 65536}},
        {THREADS, {0, -1, 65, INT32_MAX, INT32_MIN, 65536}},
        {PLANE_0, {0}},
        {PLANE_1, {0}},
        {NULL_PICTURE, {0}},
        {NULL_MODEL, {0}},
        {NULL_STATISTICS, {0}},
        {MISALIGNED, {0, 1, 2, 3, 4, 5}},
    };
    uint64_t state = 5;
    long calls = 0;
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        for (int kind = 0; kind < 6 * 4; kind++) {
            struct wish wish = drawn(&state, "portable");
            wish.format[SOURCE] = wish.format[TARGET] = ARLLIE_NV12_BT601_FULL;
            wish.width = 33;
            wish.height = 9;
            wish.with_statistics = kind % 2 || WRONG[i].damage == NULL_STATISTICS;
            wish.damage = WRONG[i].damage;
            wish.value = WRONG[i].values[kind % 6];
            wish.damaged = kind / 6;
            wish.real = kind / 12;
            require(check_wish(&wish) == MUST_FAIL, "a wrong call was not expected to fail");
            calls++;
        }
    }
    return calls;
}

static void sweep_widest(const char *set) {
    uint64_t state = 6;
    struct wish wish = drawn(&state, set);
    wish.format[SOURCE] = wish.format[TARGET] = ARLLIE_RGB24;
    wish.width = ARLLIE_LARGEST_SIDE;
    wish.height = 1;
    wish.place = IN_PLACE;
    require(check_wish(&wish) == MUST_PASS, "the widest row was not expected to pass");
}

int main(int count, char **arguments) {
    const int largest = count > 1 ? atoi(arguments[1]) : WIDEST;
    const char *const *sets = instruction_sets();
    for (int i = 0; sets[i]; i++) {
        const long sizes = sweep_sizes(sets[i], largest), formats = sweep_formats(sets[i]);
        const long threads = sweep_threads(sets[i], largest < WIDEST ? 3 : 1);
        check_far_rows(sets[i]);
        if (largest >= WIDEST)
            sweep_widest(sets[i]);
        printf("%s: %ld sizes 1..%d, %ld calls over formats, epilogues and placements, %ld over 1..8 threads, rows "
               "4 GiB apart%s\n",
               sets[i], sizes, largest, formats, threads, largest >= WIDEST ? ", the widest row" : "");
    }
    printf("%ld wrong calls refused with nothing touched\n", sweep_refusals());
    return 0;
}
