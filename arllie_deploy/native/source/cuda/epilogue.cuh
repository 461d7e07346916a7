/* What follows the convolution, chosen by ARLLIE_EPILOGUE when this is compiled: sums of two pixels to their bytes.
 *
 * A pixel is a word with the channels in bytes 0..2 and 0x4B, the exponent of 2^23 as a float, in byte 3.
 *
 * The quotient of integers m / A with A <= 65535 is rounded half up and exact below 256: m / A + 1/2 stays 1 / (2 A)
 * away from an integer that it does not reach, which is more than half an ulp of the quotient, and the correction by the
 * remainder leaves less than an ulp of the reciprocal squared.
 */
#ifndef ARLLIE_EPILOGUE_CUH
#define ARLLIE_EPILOGUE_CUH

#include "arllie.h"
#include "device.cuh"
#include "frames.cuh"

#define ARLLIE_TABLE_ENTRIES 16384
#define ARLLIE_IS_LOGISTIC (ARLLIE_EPILOGUE == 1 || ARLLIE_EPILOGUE == 2)
#define ARLLIE_TABLE_WORDS (ARLLIE_IS_LOGISTIC ? ARLLIE_TABLE_ENTRIES : 0)

#define ARLLIE_TWO_23 8388608.0f    /* from here on floats are integers */
/* A float below 256 plus this, rounded down, has one ulp of 1/256: byte 1 of its bits is the float rounded half up. */
#define ARLLIE_ROUNDING 32768.5f
#define ARLLIE_ONE 65280.0f         /* illumination 1 */

ARLLIE_DEVICE uint32_t rounded_bits(float value) {
    return bits_of_float(add_rounding_down(value, ARLLIE_ROUNDING));
}

ARLLIE_DEVICE float divided(float m, float a) {
    const float r = reciprocal(a);
    const float q = multiply(m, r);
    return multiply_add(multiply_add(-q, a, m), r, q);
}

/* Byte 1 of three words as the bytes of a pixel. */
ARLLIE_DEVICE uint32_t packed_pixel(const uint32_t bits[3]) {
    return pick_bytes(pick_bytes(bits[0], bits[1], 0x4451), bits[2], 0x0510);
}

#if ARLLIE_IS_LOGISTIC

/* Entry `index` stands for the value (uint16)V16 >> 2. */
ARLLIE_DEVICE uint32_t table_word(int32_t floor, const arllie_logistic &logistic, int index) {
    const int part = index >> 8;
    const int32_t fraction = (index & 255) << 7;
    const int32_t value = (logistic.c0[part] + ((fraction * logistic.c1[part] + 0x4000) >> 15)) & 0xFFFF;
    const bool is_divisor = ARLLIE_EPILOGUE == 1;
    return bits_of_float(is_divisor ? static_cast<float>(value) - ARLLIE_TWO_23
                                    : static_cast<float>(min(value, floor)) * (1.0f / 256.0f));
}

ARLLIE_DEVICE float looked_up(uint32_t address) {
    return *reinterpret_cast<const float *>(reinterpret_cast<const uint8_t *>(arllie_shared) + address);
}

#if ARLLIE_EPILOGUE == 1
ARLLIE_DEVICE uint32_t lit_bits(float found, uint32_t pixel, int channel, float floor) {
    const float raised = float_of_bits(pick_bytes(pixel, 0, 0x3404u | (channel << 4)));   /* 2^23 + 256 x */
    const float m = multiply_add(raised, 255.0f, -255.0f * ARLLIE_TWO_23);
    const float a = fminf(fmaxf(raised + found, floor), ARLLIE_ONE);
    /* a >= 256 x, so the quotient is at most 255. */
    return rounded_bits(divided(m, a));
}
#else
ARLLIE_DEVICE uint32_t lit_bits(float found, uint32_t pixel, int channel, float) {
    const float x = float_of_bits(pick_bytes(pixel, 0, 0x3440u | channel)) - ARLLIE_TWO_23;
    return bits_of_float(fminf(multiply_add_rounding_down(x, found, ARLLIE_ROUNDING), ARLLIE_ROUNDING + 255.0f));
}
#endif

ARLLIE_DEVICE void finish(const arllie_model &model, const int32_t sums[2][3], const uint32_t pixels[2],
                          uint32_t results[2]) {
    const int shift = model.shift - 4;
    const float floor = static_cast<float>(model.floor);
    uint32_t bits[2][3];
    for (int channel = 0; channel < 3; channel++) {
        const uint32_t pair = saturate_pair(sums[1][channel] >> shift, sums[0][channel] >> shift) & 0xFFFCFFFCu;
        bits[0][channel] = lit_bits(looked_up(pair & 0xFFFFu), pixels[0], channel, floor);
        bits[1][channel] = lit_bits(looked_up(pair >> 16), pixels[1], channel, floor);
    }
    results[0] = packed_pixel(bits[0]);
    results[1] = packed_pixel(bits[1]);
}

#else

ARLLIE_DEVICE uint32_t finished_bits(const arllie_model &model, int32_t sum) {
#if ARLLIE_EPILOGUE == 0
    return static_cast<uint32_t>(min(max(sum >> model.shift, 0), 255)) << 8;
#else
    const uint32_t u = static_cast<uint32_t>(min(max(sum >> model.curve_shift, 0), 65535));
    const uint32_t d = u * model.curve_whole + ((u * model.curve_fraction) >> 16) + model.curve_offset;
    return rounded_bits(fminf(divided(static_cast<float>(256 * u), static_cast<float>(d)), 255.0f));
#endif
}

ARLLIE_DEVICE void finish(const arllie_model &model, const int32_t sums[2][3], const uint32_t[2], uint32_t results[2]) {
    for (int part = 0; part < 2; part++) {
        uint32_t bits[3];
        for (int channel = 0; channel < 3; channel++)
            bits[channel] = finished_bits(model, sums[part][channel]);
        results[part] = packed_pixel(bits);
    }
}

#endif
#endif
