/* Plain C that compilers vectorize: any processor, and the meaning of the integer pipeline in its shortest form. */
#include <string.h>

#include "kernel.h"
#include "kernel_model.h"

#define NAME "portable"
#define SYMBOL arllie_kernel_portable
#define TARGET
#define INLINE static inline __attribute__((always_inline))
#define FLOAT_LANES 4
#define FLOAT_VECTORS 3
#define CHUNK 64

struct plan {
    int32_t weights[3][ARLLIE_TAPS];
    int32_t bias[3];
    struct arllie_end end;
};

_Static_assert(sizeof(struct plan) <= ARLLIE_PLAN_BYTES, "the plan outgrew its memory");

static int available(void) {
    return 1;
}

static void make_plan(const struct arllie_model *model, void *memory) {
    struct plan *plan = memory;
    for (int c = 0; c < 3; c++) {
        plan->bias[c] = model->bias[c];
        for (int i = 0; i < ARLLIE_TAPS; i++)
            plan->weights[c][i] = model->weights[c][i];
    }
    plan->end = arllie_end_of(model);
}

static int32_t clamp(int32_t value, int32_t low, int32_t high) {
    return value < low ? low : value > high ? high : value;
}

/* Adds one channel's 27 taps to `sums` from planar rows of which `x` is the chunk's first pixel. */
static void add_taps(const int32_t *weights, const int16_t *const rows[3], size_t plane, int32_t *restrict sums) {
    for (int ky = 0; ky < 3; ky++) {
        for (int kx = 0; kx < 3; kx++) {
            for (int ci = 0; ci < 3; ci++) {
                const int16_t *restrict x = rows[ky] + ci * plane + kx;
                const int16_t w = (int16_t)weights[9 * ky + 3 * kx + ci];
                for (int i = 0; i < CHUNK; i++)
                    sums[i] += w * x[i];
            }
        }
    }
}

/* Rounded half up, exact: see quotients in kernel.h. */
static int32_t quotient(int32_t numerator, int32_t denominator) {
    float ratio = (float)numerator / (float)denominator;
    return (int32_t)((ratio > 255.0f ? 255.0f : ratio) + 0.5f);
}

static int32_t look_up(const struct plan *plan, int32_t sum) {
    const uint16_t v = (uint16_t)clamp(sum >> plan->end.shift, INT16_MIN, INT16_MAX);
    const int32_t fraction = (v & 0x3FC) << 5;
    return (uint16_t)(plan->end.c0[v >> 10] + ((fraction * plan->end.c1[v >> 10] + 0x4000) >> 15));
}

static void finish_plain(const struct plan *plan, const int32_t *restrict sums, uint8_t *restrict out) {
    for (int i = 0; i < CHUNK; i++)
        out[i] = (uint8_t)clamp(sums[i] >> plan->end.shift, 0, 255);
}

static void finish_residual(const struct plan *plan, const int32_t *restrict sums, const int16_t *restrict x,
                            uint8_t *restrict out) {
    int32_t value[CHUNK];
    for (int i = 0; i < CHUNK; i++)
        value[i] = look_up(plan, sums[i]);
    for (int i = 0; i < CHUNK; i++)
        out[i] = (uint8_t)quotient(ARLLIE_BRIGHTEST * x[i],
                                   clamp(256 * x[i] + value[i], plan->end.limit, ARLLIE_BRIGHTEST));
}

static void finish_direct(const struct plan *plan, const int32_t *restrict sums, const int16_t *restrict x,
                          uint8_t *restrict out) {
    int32_t value[CHUNK];
    for (int i = 0; i < CHUNK; i++)
        value[i] = look_up(plan, sums[i]);
    for (int i = 0; i < CHUNK; i++)
        out[i] = (uint8_t)clamp((x[i] * clamp(value[i], 0, plan->end.limit) + 128) >> 8, 0, 255);
}

static void finish_curve(const struct plan *plan, const int32_t *restrict sums, uint8_t *restrict out) {
    for (int i = 0; i < CHUNK; i++) {
        const uint32_t u = (uint32_t)clamp(sums[i] >> plan->end.shift, 0, 65535);
        const uint32_t d = u * (uint32_t)plan->end.curve_whole + (u * (uint32_t)plan->end.curve_fraction >> 16);
        out[i] = (uint8_t)quotient((int32_t)(256 * u), (int32_t)d + plan->end.curve_offset);
    }
}

/* The elements of one of a prepared row's three planes: a zero, the pixels in whole chunks, zeros. */
static size_t plane_size(int32_t width) {
    return 1 + ((size_t)width + CHUNK - 1) / CHUNK * CHUNK + 1;
}

static size_t row_bytes(int32_t width) {
    return 3 * plane_size(width) * sizeof(int16_t);
}

static void prepare(const uint8_t *rgb, int32_t width, void *row) {
    const size_t plane = plane_size(width);
    for (int c = 0; c < 3; c++) {
        int16_t *restrict values = (int16_t *)row + c * plane;
        values[0] = 0;
        for (int32_t x = 0; x < width; x++)
            values[1 + x] = rgb[3 * (size_t)x + c];
        memset(values + 1 + width, 0, (plane - 1 - (size_t)width) * sizeof *values);
    }
}

INLINE void row_of(const struct plan *plan, enum arllie_epilogue epilogue, const void *const rows[3], int32_t width,
                   uint8_t *rgb) {
    const size_t plane = plane_size(width);
    for (int32_t start = 0; start < width; start += CHUNK) {
        const int16_t *const chunk[3] = {(const int16_t *)rows[0] + start, (const int16_t *)rows[1] + start,
                                         (const int16_t *)rows[2] + start};
        const int32_t count = width - start < CHUNK ? width - start : CHUNK;
        for (int c = 0; c < 3; c++) {
            const int16_t *x = chunk[1] + c * plane + 1;
            int32_t sums[CHUNK];
            uint8_t out[CHUNK];
            for (int i = 0; i < CHUNK; i++)
                sums[i] = plan->bias[c];
            add_taps(plan->weights[c], chunk, plane, sums);
            if (epilogue == ARLLIE_RESIDUAL)
                finish_residual(plan, sums, x, out);
            else if (epilogue == ARLLIE_DIRECT)
                finish_direct(plan, sums, x, out);
            else if (epilogue == ARLLIE_CURVE)
                finish_curve(plan, sums, out);
            else
                finish_plain(plan, sums, out);
            for (int32_t i = 0; i < count; i++)
                rgb[3 * (size_t)(start + i) + c] = out[i];
        }
    }
}

#include "kernel_entry.h"
