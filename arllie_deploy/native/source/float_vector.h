/* The float32 pipeline, written once for vectors of FLOAT_LANES; included with a kernel's TARGET after pixels.h.
 *
 * Every operation is a single IEEE one in a fixed order (compile with -ffp-contract=off), so all widths give the same
 * bytes. A prepared row holds three planes of floats 0 to 255 with zeros around the pixels.
 */
#include "float_rows.h"

#define FLOAT_TILE (FLOAT_LANES * FLOAT_VECTORS)

typedef float floats __attribute__((vector_size(4 * FLOAT_LANES)));
typedef float stored_floats __attribute__((vector_size(4 * FLOAT_LANES), aligned(4), may_alias));
typedef int32_t ints __attribute__((vector_size(4 * FLOAT_LANES)));
typedef int32_t stored_ints __attribute__((vector_size(4 * FLOAT_LANES), aligned(4), may_alias));

INLINE floats all(float value) {
    return value - (floats){0};
}

#if defined(__x86_64__) || defined(__i386__)
#define IN_REGISTER(vector) __asm__("" : "+v"(vector))
#elif defined(__aarch64__)
#define IN_REGISTER(vector) __asm__("" : "+w"(vector))
#else
#define IN_REGISTER(vector)
#endif

#if !defined(FLOAT_MIN)
INLINE floats where(ints mask, floats yes, floats no) {
    return (floats)(((ints)yes & mask) | ((ints)no & ~mask));
}
#define FLOAT_MIN(a, b) where((a) < (b), a, b)
#define FLOAT_MAX(a, b) where((a) > (b), a, b)
#endif

/* 2^t for |t| <= 100: 2^n by the exponent's bits, times a polynomial of the rest (|r| <= 1/2) whose relative error was
 * made least: with the sums' own rounding within 3e-7 of the value. */
INLINE floats power_of_two(floats t) {
    const floats to_whole = all(12582912.0f); /* 1.5 * 2^23: what is added to it is rounded to a whole number */
    const floats shifted = t + to_whole, r = t - (shifted - to_whole);
    floats p = r * 0.0013276471f + 0.009675542f;
    p = p * r + 0.05550713f;
    p = p * r + 0.2402212f;
    p = p * r + 0.69314694f;
    p = p * r + 1.0f;
    return (floats)((ints)p + ((ints)shifted << 23));
}

/* x over the illumination, in levels. The logistic of u is 1 / (1 + e), e = exp(-u) = 2^t; everything is multiplied by
 * 1 + e, which saves a division. */
INLINE floats illuminate(const struct arllie_float_plan *plan, enum arllie_epilogue epilogue, floats t, floats x) {
    const floats whole = power_of_two(FLOAT_MIN(FLOAT_MAX(t, all(-100.0f)), all(100.0f))) + 1.0f;
    floats part = all(1.0f);
    if (epilogue == ARLLIE_RESIDUAL)
        part = FLOAT_MIN(x * (1.0f / 255) * whole + part, whole);
    return x * whole / FLOAT_MAX(part, whole * plan->least);
}

/* The result in levels, rounded half up. */
INLINE ints float_end(const struct arllie_float_plan *plan, enum arllie_epilogue epilogue, floats u, floats x) {
    const floats zero = all(0.0f), most = all(255.0f);
    if (epilogue == ARLLIE_RESIDUAL) /* never above x / (x / 255) */
        u = illuminate(plan, epilogue, u, x);
    else if (epilogue == ARLLIE_DIRECT)
        u = FLOAT_MIN(illuminate(plan, epilogue, u, x), most);
    else if (epilogue == ARLLIE_CURVE)
        u = FLOAT_MIN(FLOAT_MAX(u, zero) * plan->gain / (FLOAT_MAX(u, zero) + plan->knee), most);
    else
        u = FLOAT_MAX(FLOAT_MIN(u, most), zero);
    return __builtin_convertvector(u + 0.5f, ints);
}

/* The sums of a chunk's FLOAT_TILE pixels from `at` on; `rows` are the red ones left of the chunk. */
INLINE void float_sums(const struct arllie_float_plan *plan, const float *const rows[3], size_t plane, int at,
                       float sums[3][ARLLIE_FLOAT_CHUNK]) {
    const float(*weights)[3] = plan->weights;
    floats u[3][FLOAT_VECTORS];
    for (int c = 0; c < 3; c++)
        for (int v = 0; v < FLOAT_VECTORS; v++)
            u[c][v] = all(plan->bias[c]);
    /* Unrolled, the compiler would load far ahead and spill. */
#pragma GCC unroll 1
    for (int ky = 0; ky < 3; ky++) {
#pragma GCC unroll 1
        for (int kx = 0; kx < 3; kx++) {
            const float *x = rows[ky] + at + kx;
#pragma GCC unroll 1
            for (int ci = 0; ci < 3; ci++, x += plane, weights++) {
                for (int v = 0; v < FLOAT_VECTORS; v++) {
                    floats values = *(const stored_floats *)(x + v * FLOAT_LANES);
                    IN_REGISTER(values);
                    for (int c = 0; c < 3; c++)
                        u[c][v] += values * (*weights)[c];
                }
            }
        }
    }
    for (int c = 0; c < 3; c++)
        for (int v = 0; v < FLOAT_VECTORS; v++)
            *(stored_floats *)(sums[c] + at + v * FLOAT_LANES) = u[c][v];
}

INLINE void float_row(const struct arllie_float_plan *plan, enum arllie_epilogue epilogue, const void *const rows[3],
                      int32_t width, uint8_t *rgb) {
    const size_t plane = arllie_float_plane(width);
    for (int32_t start = 0; start < width; start += ARLLIE_FLOAT_CHUNK) {
        const int32_t count = width - start < ARLLIE_FLOAT_CHUNK ? width - start : ARLLIE_FLOAT_CHUNK;
        const float *window[3], *own = (const float *)rows[1] + ARLLIE_FLOAT_LEFT + start;
        float sums[3][ARLLIE_FLOAT_CHUNK];
        int32_t pixels[ARLLIE_FLOAT_CHUNK];
        for (int i = 0; i < 3; i++)
            window[i] = (const float *)rows[i] + ARLLIE_FLOAT_LEFT - 1 + start;
        for (int at = 0; at < ARLLIE_FLOAT_CHUNK; at += FLOAT_TILE)
            float_sums(plan, window, plane, at, sums);
        /* A loop of its own: the ends are long chains of operations, so many of them must be under way at once. */
        for (int x = 0; x < ARLLIE_FLOAT_CHUNK; x += FLOAT_LANES) {
            ints pixel = {0};
            for (int c = 0; c < 3; c++)
                pixel |= float_end(plan, epilogue, *(const stored_floats *)(sums[c] + x),
                                   *(const stored_floats *)(own + c * plane + x))
                         << (8 * c);
            *(stored_ints *)(pixels + x) = pixel;
        }
        pack((const uint8_t *)pixels, count, rgb + 3 * (size_t)start);
    }
}

TARGET static void float_enhance(const void *memory, const void *above, const void *middle, const void *below,
                                 int32_t width, uint8_t *rgb) {
    const struct arllie_float_plan *plan = memory;
    const void *const rows[3] = {above, middle, below};
    if (plan->epilogue == ARLLIE_RESIDUAL)
        float_row(plan, ARLLIE_RESIDUAL, rows, width, rgb);
    else if (plan->epilogue == ARLLIE_DIRECT)
        float_row(plan, ARLLIE_DIRECT, rows, width, rgb);
    else if (plan->epilogue == ARLLIE_CURVE)
        float_row(plan, ARLLIE_CURVE, rows, width, rgb);
    else
        float_row(plan, ARLLIE_PLAIN, rows, width, rgb);
}

TARGET static void float_prepare(const uint8_t *rgb, int32_t width, void *row) {
    const size_t plane = arllie_float_plane(width);
    float *first = row;
    for (int c = 0; c < 3; c++)
        memset(first + c * plane, 0, ARLLIE_FLOAT_LEFT * sizeof *first);
    for (int32_t start = 0; start < width; start += ARLLIE_FLOAT_CHUNK) {
        const int32_t count = width - start < ARLLIE_FLOAT_CHUNK ? width - start : ARLLIE_FLOAT_CHUNK;
        int32_t pixels[ARLLIE_FLOAT_CHUNK] = {0};
        unpack(rgb + 3 * (size_t)start, NULL, count, (uint8_t *)pixels);
        for (int c = 0; c < 3; c++) {
            float *restrict values = first + c * plane + ARLLIE_FLOAT_LEFT + start;
            for (int i = 0; i < ARLLIE_FLOAT_CHUNK; i++)
                values[i] = (float)(pixels[i] >> (8 * c) & 255);
        }
    }
    for (int c = 0; c < 3; c++)
        memset(first + c * plane + plane - ARLLIE_FLOAT_LEFT, 0, ARLLIE_FLOAT_LEFT * sizeof *first);
}
