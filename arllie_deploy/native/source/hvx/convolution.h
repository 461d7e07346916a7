/* 3x3 taps over RGBX pixels: 32 columns, two rows at a time. */
#ifndef ARLLIE_HVX_CONVOLUTION_H
#define ARLLIE_HVX_CONVOLUTION_H

#include "epilogue.h"
#include "plan.h"
#include "vectors.h"

/* The nine bytes of a row's three pixels are two full quads and one byte: the third quad is that byte of three rows. */
struct quads {
    HVX_Vector left;   /* left pixel's R, G, B and right pixel's R */
    HVX_Vector middle; /* middle pixel's R, G, B and right pixel's G */
};

struct row {
    HVX_Vector pixels;
    struct quads quads;
};

/* Which sides of the columns are the picture's. */
enum edge { NO_EDGE = 0, LEFT_EDGE = 1, RIGHT_EDGE = 2 };

INLINE HVX_Vector load(const uint8_t *from) {
    return *(const HVX_UVector *)from;
}

/* Reads the row's 32 pixels and, where there is no edge, one to each side. `column` gets the right pixel's B on top of
 * what it held of the rows above.
 */
INLINE struct row read_row(const uint8_t *from, int edges, HVX_Vector *column) {
    HVX_Vector pixels = load(from), zero = Q6_V_vzero();
    HVX_Vector left = edges & LEFT_EDGE ? Q6_V_vlalign_VVI(pixels, zero, 4) : load(from - 4);
    HVX_Vector right = edges & RIGHT_EDGE ? Q6_V_valign_VVI(zero, pixels, 4) : load(from + 4);
    HVX_VectorPred last = Q6_Q_vand_VR(splat(-1), (int32_t)0xFF000000), third = Q6_Q_vand_VR(splat(-1), 0x00FF0000);
    *column = Q6_V_vmux_QVV(third, right, Q6_Vuw_vlsr_VuwR(*column, 8));
    return (struct row){pixels,
                        {Q6_V_vmux_QVV(last, Q6_Vw_vasl_VwR(right, 24), left),
                         Q6_V_vmux_QVV(last, Q6_Vw_vasl_VwR(right, 16), pixels)}};
}

INLINE HVX_Vector multiply(HVX_Vector bytes, int32_t weights) {
    return Q6_Vw_vrmpy_VubRb(bytes, weights);
}

INLINE HVX_Vector multiply_add(HVX_Vector sum, HVX_Vector bytes, int32_t weights) {
    return Q6_Vw_vrmpyacc_VwVubRb(sum, bytes, weights);
}

/* The sums of one quad after the other, with the low and the high halves of the weights. */
struct halfway {
    HVX_Vector upper_low[3], upper_high[3], lower_low[3], lower_high[3];
};

INLINE void convolve(const struct plan *plan, int quad, HVX_Vector upper, HVX_Vector lower, struct halfway *sums) {
    for (int output = 0; output < 3; output++) {
        int32_t low = (int32_t)plan->weights[quad][output], high = (int32_t)(plan->weights[quad][output] >> 32);
        if (quad == 0) {
            sums->upper_low[output] = sums->lower_low[output] = splat(plan->bias[output]);
            sums->upper_high[output] = multiply(upper, high);
            sums->lower_high[output] = multiply(lower, high);
        } else {
            sums->upper_high[output] = multiply_add(sums->upper_high[output], upper, high);
            sums->lower_high[output] = multiply_add(sums->lower_high[output], lower, high);
        }
        sums->upper_low[output] = multiply_add(sums->upper_low[output], upper, low);
        sums->lower_low[output] = multiply_add(sums->lower_low[output], lower, low);
    }
}

INLINE struct sums whole(const struct halfway *halfway) {
    struct sums sums;
    for (int output = 0; output < 3; output++) {
        sums.upper[output] = Q6_Vw_vaslacc_VwVwR(halfway->upper_low[output], halfway->upper_high[output], 8);
        sums.lower[output] = Q6_Vw_vaslacc_VwVwR(halfway->lower_low[output], halfway->lower_high[output], 8);
    }
    return sums;
}

#endif
