/* NEON with the dot products of Armv8.2: s8 x s8, four taps at a time, weights as 256 * high + low.
 *
 * A byte enters as x - 128, and the bias makes up for it with 128 times the weights. A prepared row holds three arrays:
 * FIRST[p] = R G B of pixel p and R of p + 1, SECOND[p] = G B of p and R G of p + 1, and BLUE[p]. The nine taps of a
 * row are FIRST[p - 1], SECOND[p] and BLUE[p + 1]; the blue ones of the three rows make one more four.
 *
 * The row beyond a picture's edge is all zeros instead, which adds nothing to the sums: it gets no part of the bias.
 */
#include <arm_neon.h>
#include <string.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

#include "kernel.h"
#include "kernel_model.h"

#define NAME "neon-dotprod"
#define SYMBOL arllie_kernel_neon_dotprod
#define FLOAT_LANES 4
#define FLOAT_VECTORS 4
#define NEON_PIXELS
#define TARGET __attribute__((target("arch=armv8.2-a+dotprod")))
#define INLINE static inline __attribute__((always_inline)) TARGET
#define TILE 16
#define LEFT 16
#define TABLES 4
#define QUADS 7
#define VECTORS 11 /* seven fours of two halves of three channels in vectors of four */
#define DARK 0x80  /* the byte 0 less 128 */
#define HWCAP_DOT_PRODUCT (1 << 20)

struct weights {
    int32_t quads[4 * VECTORS]; /* [four][half][channel], four int8 each */
    int32_t bias[3];
    int32_t row_bias[3][3]; /* [row][channel]: 128 times the row's weights */
};

struct registers {
    int8x16_t quads[VECTORS];
    int32x4_t bias[3];
};

struct window {
    const uint8_t *first[3], *second[3], *blue[3];
};

static int available(void) {
#if defined(__linux__)
    return (getauxval(AT_HWCAP) & HWCAP_DOT_PRODUCT) != 0;
#elif defined(__APPLE__)
    return 1;
#else
    return 0;
#endif
}

static void plan_weights(const struct arllie_model *model, struct weights *weights) {
    memset(weights, 0, sizeof *weights);
    for (int c = 0; c < 3; c++) {
        const int16_t *w = model->weights[c];
        weights->bias[c] = model->bias[c];
        for (int row = 0; row < 3; row++)
            for (int i = 0; i < 9; i++)
                weights->row_bias[row][c] += 128 * w[9 * row + i];
        for (int half = 0; half < 2; half++) {
            int32_t *quads = weights->quads + 3 * half + c;
            for (int row = 0; row < 3; row++) {
                const int16_t *r = w + 9 * row;
                quads[6 * 2 * row] = arllie_four_halves((const int[]){r[0], r[1], r[2], r[3]}, half);
                quads[6 * (2 * row + 1)] = arllie_four_halves((const int[]){r[4], r[5], r[6], r[7]}, half);
            }
            quads[6 * 6] = arllie_four_halves((const int[]){w[8], w[17], w[26], 0}, half);
        }
    }
}

/* Pixels of an array: borders and whole tiles. */
static size_t pixels(int32_t width) {
    return LEFT + ((size_t)width + TILE - 1) / TILE * TILE + LEFT;
}

static size_t row_bytes(int32_t width) {
    return 9 * pixels(width);
}

static struct window window_of(const void *const rows[3], int32_t width) {
    struct window w;
    for (int i = 0; i < 3; i++) {
        w.first[i] = (const uint8_t *)rows[i] + 4 * LEFT;
        w.second[i] = w.first[i] + 4 * pixels(width);
        w.blue[i] = (const uint8_t *)rows[i] + 8 * pixels(width) + LEFT;
    }
    return w;
}

static void prepare(const uint8_t *rgb, int32_t width, void *row) {
    const size_t count = pixels(width);
    uint8_t *first = (uint8_t *)row + 4 * LEFT, *second = first + 4 * count, *blue = (uint8_t *)row + 8 * count + LEFT;
    const uint8x16_t dark = vdupq_n_u8(DARK);
    int32_t x = 0;
    memset(first - 4 * LEFT, DARK, 4 * LEFT);
    first[-1] = rgb[0] ^ DARK;
    for (; width - x > TILE; x += TILE) {
        const uint8x16x3_t here = vld3q_u8(rgb + 3 * (size_t)x), next = vld3q_u8(rgb + 3 * (size_t)x + 3);
        const uint8x16_t r = veorq_u8(here.val[0], dark), g = veorq_u8(here.val[1], dark);
        const uint8x16_t b = veorq_u8(here.val[2], dark);
        const uint8x16_t next_r = veorq_u8(next.val[0], dark), next_g = veorq_u8(next.val[1], dark);
        const uint8x16x4_t one = {{r, g, b, next_r}}, two = {{g, b, next_r, next_g}};
        vst4q_u8(first + 4 * (size_t)x, one);
        vst4q_u8(second + 4 * (size_t)x, two);
        vst1q_u8(blue + x, b);
    }
    const size_t end = count - LEFT - (size_t)x;
    memset(first + 4 * (size_t)x, DARK, 4 * end);
    memset(second + 4 * (size_t)x, DARK, 4 * end);
    memset(blue + x, DARK, end);
    for (; x < width; x++) {
        const uint8_t *from = rgb + 3 * (size_t)x;
        for (int i = 0; i < 4 && 3 * (size_t)x + i < 3 * (size_t)width; i++)
            first[4 * (size_t)x + i] = from[i] ^ DARK;
        for (int i = 0; i < 4 && 3 * (size_t)x + 1 + i < 3 * (size_t)width; i++)
            second[4 * (size_t)x + i] = from[1 + i] ^ DARK;
        blue[x] = from[2] ^ DARK;
    }
}

/* A prepared row begins with dark pixels, a row beyond the edge with zeros. */
INLINE struct registers load_weights(const struct weights *weights, const void *const rows[3]) {
    struct registers r;
    for (int i = 0; i < VECTORS; i++)
        r.quads[i] = vreinterpretq_s8_s32(vld1q_s32(weights->quads + 4 * i));
    for (int c = 0; c < 3; c++) {
        uint32_t bias = (uint32_t)weights->bias[c];
        for (int row = 0; row < 3; row++)
            if (*(const uint8_t *)rows[row] == DARK)
                bias += (uint32_t)weights->row_bias[row][c];
        r.bias[c] = vdupq_n_s32((int32_t)bias);
    }
    return r;
}

INLINE struct window window_at(const void *const rows[3], int32_t width, int32_t x) {
    struct window w = window_of(rows, width);
    for (int i = 0; i < 3; i++) {
        w.first[i] += 4 * (size_t)x;
        w.second[i] += 4 * (size_t)x;
        w.blue[i] += x;
    }
    return w;
}

INLINE int8x16_t bytes_at(const uint8_t *bytes) {
    return vreinterpretq_s8_u8(vld1q_u8(bytes));
}

/* The lane of a product must be a literal, so the fours are written out. */
#define PRODUCT(q, half, c, target, bytes) \
    target = vdotq_laneq_s32(target, bytes, r->quads[(6 * (q) + 3 * half + c) / 4], (6 * (q) + 3 * half + c) % 4);
#define CHANNEL(q, c, x, y)           \
    PRODUCT(q, 0, c, high[c][0], x)   \
    PRODUCT(q, 0, c, high[c][1], y)   \
    PRODUCT(q, 1, c, sums[c][0], x)   \
    PRODUCT(q, 1, c, sums[c][1], y)
#define QUAD(q, low, up)                                                   \
    {                                                                      \
        const int8x16_t x = low, y = up;                                   \
        CHANNEL(q, 0, x, y) CHANNEL(q, 1, x, y) CHANNEL(q, 2, x, y)         \
    }
#define ROW(i)                                                                                               \
    QUAD(2 * i, bytes_at(w->first[i] + 4 * offset - 4), bytes_at(w->first[i] + 4 * offset + 12))              \
    QUAD(2 * i + 1, bytes_at(w->second[i] + 4 * offset), bytes_at(w->second[i] + 4 * offset + 16))

/* The sums of eight pixels, few enough that they and all weights stay in registers: sums[channel][four pixels]. */
INLINE void sum_half(const struct registers *r, const struct window *w, int offset, int32x4_t sums[3][2]) {
    int32x4_t high[3][2];
    for (int c = 0; c < 3; c++) {
        high[c][0] = high[c][1] = vdupq_n_s32(0);
        sums[c][0] = sums[c][1] = r->bias[c];
    }
    ROW(0) ROW(1) ROW(2)
    const int8x16_t below = vcombine_s8(vld1_s8((const int8_t *)w->blue[2] + offset + 1), vdup_n_s8(0));
    const int8x16_t above = vcombine_s8(vld1_s8((const int8_t *)w->blue[0] + offset + 1), vdup_n_s8(0));
    const int8x16_t middle = vcombine_s8(vld1_s8((const int8_t *)w->blue[1] + offset + 1), vdup_n_s8(0));
    const int16x8_t two = vreinterpretq_s16_s8(vzip1q_s8(above, middle));
    const int16x8_t one = vreinterpretq_s16_s8(vzip1q_s8(below, below)); /* the fourth weight is 0 */
    QUAD(6, vreinterpretq_s8_s16(vzip1q_s16(two, one)), vreinterpretq_s8_s16(vzip2q_s16(two, one)))
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 2; i++)
            sums[c][i] = vaddq_s32(sums[c][i], vshlq_n_s32(high[c][i], 8));
}

INLINE void sum(const struct registers *r, const struct window *w, int32x4_t sums[3][4]) {
    for (int half = 0; half < 2; half++) {
        int32x4_t eight[3][2];
        sum_half(r, w, 8 * half, eight);
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < 2; i++)
                sums[c][2 * half + i] = eight[c][i];
    }
}

INLINE void center(const struct window *w, int c, uint16x8_t x[2]) {
    const uint8x16x4_t bytes = vld4q_u8(w->first[1]);
    const uint8x16_t own = veorq_u8(bytes.val[c], vdupq_n_u8(DARK));
    x[0] = vmovl_u8(vget_low_u8(own));
    x[1] = vmovl_high_u8(own);
}

#include "kernel_neon.h"
