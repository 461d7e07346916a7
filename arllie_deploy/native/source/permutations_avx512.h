/* The byte permutations of the AVX-512 kernel, as vectors of indices. */
#ifndef ARLLIE_PERMUTATIONS_AVX512_H
#define ARLLIE_PERMUTATIONS_AVX512_H

#include <stdint.h>

struct indices {
    uint8_t first[64], second[64], last[64];
    uint8_t center[3][64]; /* of two row vectors: the center's bytes as the high bytes of words, in packs' order */
    uint8_t red_green[3][64], blue[3][64]; /* enum place */
};

/* Where a group's results lie: in the words of packs' first or second operand, or in byte 1 of 32-bit lanes. */
enum place { FIRST_WORDS, SECOND_WORDS, LANES };

#define INDEX16(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9) f(10) f(11) f(12) f(13) f(14) f(15)
#define FIRST(p) 3 * p + 3, 3 * p, 3 * p + 1, 3 * p + 2,
#define SECOND(p) 3 * p + 4, 3 * p + 5, 3 * p + 6, 3 * p + 7,
#define LAST(p) 3 * p + 8, 3 * p + 8, 3 * p + 8, 3 * p + 8,
#define CENTER_LANE(l, c)                                                                                       \
    255, 12 * l + 3 + c, 255, 12 * l + 6 + c, 255, 12 * l + 9 + c, 255, 12 * l + 12 + c,                         \
    255, 64 + 12 * l + 3 + c, 255, 64 + 12 * l + 6 + c, 255, 64 + 12 * l + 9 + c, 255, 64 + 12 * l + 12 + c,
#define CENTER(c) CENTER_LANE(0, c) CENTER_LANE(1, c) CENTER_LANE(2, c) CENTER_LANE(3, c)
#define WORD(p) (16 * ((p) / 4) + 2 * ((p) % 4))
#define RED_GREEN_FIRST(p) WORD(p), 64 + WORD(p), 0,
#define RED_GREEN_SECOND(p) WORD(p) + 8, 72 + WORD(p), 0,
#define RED_GREEN_LANES(p) 4 * p + 1, 65 + 4 * p, 0,
#define BLUE_FIRST(p) 3 * p, 3 * p + 1, 64 + WORD(p),
#define BLUE_SECOND(p) 3 * p, 3 * p + 1, 72 + WORD(p),
#define BLUE_LANES(p) 3 * p, 3 * p + 1, 65 + 4 * p,

static const struct indices INDICES __attribute__((aligned(64))) = {
    .first = {INDEX16(FIRST)},
    .second = {INDEX16(SECOND)},
    .last = {INDEX16(LAST)},
    .center = {{CENTER(0)}, {CENTER(1)}, {CENTER(2)}},
    .red_green = {{INDEX16(RED_GREEN_FIRST)}, {INDEX16(RED_GREEN_SECOND)}, {INDEX16(RED_GREEN_LANES)}},
    .blue = {{INDEX16(BLUE_FIRST)}, {INDEX16(BLUE_SECOND)}, {INDEX16(BLUE_LANES)}},
};

#endif
