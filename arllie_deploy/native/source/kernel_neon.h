/* The half of the kernel that both NEON files share: from the sums of 16 pixels to their bytes.
 *
 * The including file defines NAME, SYMBOL, TARGET, LEFT and, before this header,
 *   struct weights, plan_weights()             the taps and biases as the plan holds them
 *   struct registers, load_weights()           the same, loaded once for a row
 *   struct window, window_at()                 where a tile's data begins in the three rows
 *   sum()                                      the sums of a tile: [channel][four pixels]
 *   center()                                   the tile's own bytes of a channel, as words
 *   row_bytes(), prepare(), available().
 */
#ifndef ARLLIE_KERNEL_NEON_H
#define ARLLIE_KERNEL_NEON_H

struct plan {
    struct weights weights;
    uint8_t tables[TABLES][64]; /* low and high bytes of c0, then of c1 */
    struct arllie_end end;
};

_Static_assert(sizeof(struct plan) <= ARLLIE_PLAN_BYTES, "the plan outgrew its memory");

static void plan_tables(const uint16_t *c0, const int16_t *c1, struct plan *plan) {
    for (int i = 0; i < 64; i++) {
        plan->tables[0][i] = (uint8_t)c0[i];
        plan->tables[1][i] = (uint8_t)(c0[i] >> 8);
        plan->tables[2][i] = (uint8_t)c1[i];
        plan->tables[3][i] = (uint8_t)((uint16_t)c1[i] >> 8);
    }
}

static void make_plan(const struct arllie_model *model, void *memory) {
    struct plan *plan = memory;
    plan->end = arllie_end_of(model);
    plan_weights(model, &plan->weights);
    plan_tables(plan->end.c0, plan->end.c1, plan);
}

INLINE uint8x16_t look_up(const uint8_t table[64], uint8x16_t index) {
    const uint8x16x4_t bytes = {{vld1q_u8(table), vld1q_u8(table + 16), vld1q_u8(table + 32), vld1q_u8(table + 48)}};
    return vqtbl4q_u8(bytes, index);
}

/* One half's c0 + c1 * fraction, rounded as sqrdmulh does; `v` is V16. */
INLINE uint16x8_t between(int16x8_t v, uint8x16_t bases, uint8x16_t slopes) {
    const int16x8_t fraction = vandq_s16(vshlq_n_s16(v, 5), vdupq_n_s16(0x7F80));
    return vreinterpretq_u16_s16(
        vaddq_s16(vreinterpretq_s16_u8(bases), vqrdmulhq_s16(fraction, vreinterpretq_s16_u8(slopes))));
}

/* 16 shifted sums -> the form's table at them. */
INLINE void interpolate(const struct plan *plan, const int32x4_t shifted[4], uint16x8_t values[2]) {
    const int16x8_t v = vqmovn_high_s32(vqmovn_s32(shifted[0]), shifted[1]);
    const int16x8_t w = vqmovn_high_s32(vqmovn_s32(shifted[2]), shifted[3]);
    const uint8x16_t index = vshrq_n_u8(vuzp2q_u8(vreinterpretq_u8_s16(v), vreinterpretq_u8_s16(w)), 2);
    uint8x16_t bytes[TABLES];
    for (int i = 0; i < TABLES; i++)
        bytes[i] = look_up(plan->tables[i], index);
    values[0] = between(v, vzip1q_u8(bytes[0], bytes[1]), vzip1q_u8(bytes[2], bytes[3]));
    values[1] = between(w, vzip2q_u8(bytes[0], bytes[1]), vzip2q_u8(bytes[2], bytes[3]));
}

/* Four quotients, exact (see quotients in kernel.h); fcvtau rounds halves up as adding 0.5 and truncating does. */
INLINE uint32x4_t quotient(uint32x4_t numerator, uint32x4_t denominator) {
    return vcvtaq_u32_f32(vdivq_f32(vcvtq_f32_u32(numerator), vcvtq_f32_u32(denominator)));
}

INLINE uint8x8_t divide(const struct plan *plan, uint16x8_t x, uint16x8_t s) {
    const uint16x4_t scale = vdup_n_u16(ARLLIE_BRIGHTEST);
    s = vqaddq_u16(s, vshlq_n_u16(x, 8));
    s = vminq_u16(s, vdupq_n_u16(ARLLIE_BRIGHTEST));
    s = vmaxq_u16(s, vdupq_n_u16((uint16_t)plan->end.limit));
    const uint32x4_t low = quotient(vmull_u16(vget_low_u16(x), scale), vmovl_u16(vget_low_u16(s)));
    const uint32x4_t high = quotient(vmull_high_u16(x, vcombine_u16(scale, scale)), vmovl_high_u16(s));
    return vmovn_u16(vmovn_high_u32(vmovn_u32(low), high));
}

INLINE uint8x8_t multiply(const struct plan *plan, uint16x8_t x, uint16x8_t r) {
    r = vminq_u16(r, vdupq_n_u16((uint16_t)plan->end.limit));
    const uint16x4_t low = vrshrn_n_u32(vmull_u16(vget_low_u16(x), vget_low_u16(r)), 8);
    return vqmovn_u16(vrshrn_high_n_u32(low, vmull_high_u16(x, r), 8));
}

INLINE uint8x8_t curve(const struct plan *plan, int32x4_t a, int32x4_t b) {
    const uint16x8_t u = vqmovun_high_s32(vqmovun_s32(a), b);
    const uint16x8_t fraction = vdupq_n_u16((uint16_t)plan->end.curve_fraction);
    const uint16x4_t rest = vshrn_n_u32(vmull_u16(vget_low_u16(u), vget_low_u16(fraction)), 16);
    uint16x8_t d = vshrn_high_n_u32(rest, vmull_high_u16(u, fraction), 16);
    d = vmlaq_u16(d, u, vdupq_n_u16((uint16_t)plan->end.curve_whole));
    d = vaddq_u16(d, vdupq_n_u16((uint16_t)plan->end.curve_offset));
    const uint32x4_t low = quotient(vshll_n_u16(vget_low_u16(u), 8), vmovl_u16(vget_low_u16(d)));
    const uint32x4_t high = quotient(vshll_high_n_u16(u, 8), vmovl_high_u16(d));
    return vqmovn_u16(vqmovn_high_u32(vqmovn_u32(low), high));
}

/* The bytes of one channel of a tile. */
INLINE uint8x16_t finish(const struct plan *plan, enum arllie_epilogue form, const struct window *w, int c, int32x4_t sums[4]) {
    const int32x4_t shift = vdupq_n_s32(-plan->end.shift);
    for (int i = 0; i < 4; i++)
        sums[i] = vshlq_s32(sums[i], shift);
    if (form == ARLLIE_PLAIN) {
        const uint16x8_t a = vqmovun_high_s32(vqmovun_s32(sums[0]), sums[1]);
        return vqmovn_high_u16(vqmovn_u16(a), vqmovun_high_s32(vqmovun_s32(sums[2]), sums[3]));
    }
    if (form == ARLLIE_CURVE)
        return vcombine_u8(curve(plan, sums[0], sums[1]), curve(plan, sums[2], sums[3]));
    uint16x8_t x[2], values[2];
    center(w, c, x);
    interpolate(plan, sums, values);
    if (form == ARLLIE_DIRECT)
        return vcombine_u8(multiply(plan, x[0], values[0]), multiply(plan, x[1], values[1]));
    return vcombine_u8(divide(plan, x[0], values[0]), divide(plan, x[1], values[1]));
}

INLINE void row_of(const struct plan *plan, enum arllie_epilogue form, const void *const rows[3], int32_t width, uint8_t *rgb) {
    const struct registers registers = load_weights(&plan->weights, rows), *loaded = &registers;
    for (int32_t x = 0; x < width; x += TILE) {
        /* Weights and tables exceed the registers together: loaded for each tile, they need not be spilled. */
        __asm__("" : "+r"(loaded));
        const struct window w = window_at(rows, width, x);
        int32x4_t sums[3][4];
        uint8x16x3_t pixels;
        sum(loaded, &w, sums);
        for (int c = 0; c < 3; c++)
            pixels.val[c] = finish(plan, form, &w, c, sums[c]);
        if (width - x >= TILE) {
            vst3q_u8(rgb + 3 * (size_t)x, pixels);
        } else {
            uint8_t last[3 * TILE];
            vst3q_u8(last, pixels);
            memcpy(rgb + 3 * (size_t)x, last, 3 * (size_t)(width - x));
        }
    }
}

#include "kernel_entry.h"

#endif
