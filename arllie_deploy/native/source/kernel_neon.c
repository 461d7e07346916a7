/* NEON of any AArch64: products of words (smlal), 16 pixels at a time.
 *
 * A prepared row holds the planes R, G and B as words with LEFT zeros before and at least one after the pixels.
 */
#include <arm_neon.h>
#include <string.h>

#include "kernel.h"
#include "kernel_model.h"

#define NAME "neon"
#define SYMBOL arllie_kernel_neon
#define FLOAT_LANES 4
#define FLOAT_VECTORS 4
#define NEON_PIXELS
#define TARGET
#define INLINE static inline __attribute__((always_inline)) TARGET
#define TILE 16
#define LEFT 8
#define TABLES 4
#define VECTORS 11 /* 27 taps of three channels in vectors of eight */

struct weights {
    int16_t taps[8 * VECTORS]; /* [tap][channel] */
    int32_t bias[3];
};

struct registers {
    int16x8_t taps[VECTORS];
    int32x4_t bias[3];
};

struct window {
    const int16_t *rows[3];
    size_t plane;
};

static int available(void) {
    return 1;
}

static void plan_weights(const struct arllie_model *model, struct weights *weights) {
    memset(weights, 0, sizeof *weights);
    for (int c = 0; c < 3; c++) {
        weights->bias[c] = model->bias[c];
        for (int i = 0; i < ARLLIE_TAPS; i++)
            weights->taps[3 * i + c] = model->weights[c][i];
    }
}

static size_t plane_size(int32_t width) {
    return LEFT + ((size_t)width + TILE - 1) / TILE * TILE + LEFT;
}

static size_t row_bytes(int32_t width) {
    return 3 * plane_size(width) * sizeof(int16_t);
}

static void prepare(const uint8_t *rgb, int32_t width, void *row) {
    const size_t plane = plane_size(width);
    int16_t *values = (int16_t *)row + LEFT;
    int32_t x = 0;
    for (; width - x >= TILE; x += TILE) {
        const uint8x16x3_t pixels = vld3q_u8(rgb + 3 * (size_t)x);
        for (int c = 0; c < 3; c++) {
            vst1q_s16(values + c * plane + x, vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(pixels.val[c]))));
            vst1q_s16(values + c * plane + x + 8, vreinterpretq_s16_u16(vmovl_high_u8(pixels.val[c])));
        }
    }
    for (int c = 0; c < 3; c++) {
        int16_t *of_channel = values + c * plane;
        memset(of_channel - LEFT, 0, LEFT * sizeof *of_channel);
        for (int32_t i = x; i < width; i++)
            of_channel[i] = rgb[3 * (size_t)i + c];
        memset(of_channel + width, 0, (plane - LEFT - (size_t)width) * sizeof *of_channel);
    }
}

INLINE struct registers load_weights(const struct weights *weights, const void *const rows[3]) {
    struct registers r;
    (void)rows;
    for (int i = 0; i < VECTORS; i++)
        r.taps[i] = vld1q_s16(weights->taps + 8 * i);
    for (int c = 0; c < 3; c++)
        r.bias[c] = vdupq_n_s32(weights->bias[c]);
    return r;
}

INLINE struct window window_at(const void *const rows[3], int32_t width, int32_t x) {
    struct window w = {.plane = plane_size(width)};
    for (int i = 0; i < 3; i++)
        w.rows[i] = (const int16_t *)rows[i] + LEFT + x;
    return w;
}

/* The lane of a product must be a literal, so the taps are written out. */
#define CHANNEL(i, c)                                                                                  \
    sums[c][0] = vmlal_laneq_s16(sums[c][0], vget_low_s16(x), r->taps[(3 * i + c) / 8], (3 * i + c) % 8); \
    sums[c][1] = vmlal_high_laneq_s16(sums[c][1], x, r->taps[(3 * i + c) / 8], (3 * i + c) % 8);         \
    sums[c][2] = vmlal_laneq_s16(sums[c][2], vget_low_s16(y), r->taps[(3 * i + c) / 8], (3 * i + c) % 8); \
    sums[c][3] = vmlal_high_laneq_s16(sums[c][3], y, r->taps[(3 * i + c) / 8], (3 * i + c) % 8);
#define TAP(i)                                                                           \
    {                                                                                    \
        const int16_t *at = w->rows[i / 9] + (size_t)(i % 3) * w->plane + i / 3 % 3 - 1; \
        const int16x8_t x = vld1q_s16(at), y = vld1q_s16(at + 8);                        \
        CHANNEL(i, 0) CHANNEL(i, 1) CHANNEL(i, 2)                                        \
    }

/* Makes the compiler have all sums before it goes on: GCC otherwise delays a channel's and loads every pixel again. */
INLINE void have_all(int32x4_t s[3][4]) {
    __asm__("" : "+w"(s[0][0]), "+w"(s[0][1]), "+w"(s[0][2]), "+w"(s[0][3]), "+w"(s[1][0]), "+w"(s[1][1]),
                 "+w"(s[1][2]), "+w"(s[1][3]), "+w"(s[2][0]), "+w"(s[2][1]), "+w"(s[2][2]), "+w"(s[2][3]));
}

INLINE void sum(const struct registers *r, const struct window *w, int32x4_t sums[3][4]) {
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 4; i++)
            sums[c][i] = r->bias[c];
    TAP(0) TAP(1) TAP(2) TAP(3) TAP(4) TAP(5) TAP(6) TAP(7) TAP(8)
    TAP(9) TAP(10) TAP(11) TAP(12) TAP(13) TAP(14) TAP(15) TAP(16) TAP(17)
    TAP(18) TAP(19) TAP(20) TAP(21) TAP(22) TAP(23) TAP(24) TAP(25) TAP(26)
    have_all(sums);
}

INLINE void center(const struct window *w, int c, uint16x8_t x[2]) {
    const int16_t *at = w->rows[1] + c * w->plane;
    x[0] = vreinterpretq_u16_s16(vld1q_s16(at));
    x[1] = vreinterpretq_u16_s16(vld1q_s16(at + 8));
}

#include "kernel_neon.h"
