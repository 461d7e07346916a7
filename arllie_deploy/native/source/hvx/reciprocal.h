/* -2^28 / d for 2^14 <= d < 2^15 by 16 lines: base[i] + mulhrs(d, slope[i]) with i = d / 1024 - 16, to 1 in 2048.
 *
 * The lines are chords; mulhrs(a, b) = (a * b + 0x4000) >> 15. tests/native/test_hexagon.py proves divide.h with these
 * very numbers.
 */
#ifndef ARLLIE_HVX_RECIPROCAL_H
#define ARLLIE_HVX_RECIPROCAL_H

#include <stdint.h>

#define RECIPROCAL_LINES 16

static const int16_t reciprocal_base[RECIPROCAL_LINES] = {
    -31804, -29983, -28360, -26904, -25589, -24398, -23312, -22319, -21407, -20567, -19790, -19071, -18400, -17777,
    -17194, -16647,
};

static const int16_t reciprocal_slope[RECIPROCAL_LINES] = {
    30840, 27413, 24528, 22075, 19972, 18157, 16578, 15196, 13981, 12905, 11949, 11096, 10330, 9642, 9020, 8456,
};

#endif
