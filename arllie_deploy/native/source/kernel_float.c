/* The float32 pipeline for models that the integers refuse: plain C, compiled once per vector width.
 *
 * Every operation is a single IEEE one in a fixed order (compile with -ffp-contract=off), so all compilations give the
 * same bytes. Rows are three planes of bytes with a zero before and zeros behind the pixels.
 */
#include <string.h>

#include "float_rows.h"
#include "kernel.h"

#define CHUNK 64

struct plan {
    float weights[3][ARLLIE_TAPS]; /* over 255: of bytes, not of [0, 1] */
    float bias[3];
    float least; /* illumination */
    float gain, knee;
    int32_t epilogue;
};

_Static_assert(sizeof(struct plan) <= ARLLIE_PLAN_BYTES, "the plan outgrew its memory");

#if defined(__x86_64__) || defined(__i386__)
#define AVX2 __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,prefer-vector-width=512")))
#endif
#define INLINE static inline __attribute__((always_inline))

void arllie_float_plan(const struct arllie_float_model *model, void *memory) {
    struct plan *plan = memory;
    for (int c = 0; c < 3; c++) {
        plan->bias[c] = model->bias[c];
        for (int i = 0; i < ARLLIE_TAPS; i++)
            plan->weights[c][i] = (float)((double)model->weights[c][i] / 255);
    }
    plan->least = model->epsilon;
    plan->gain = model->gain;
    plan->knee = model->knee;
    plan->epilogue = model->epilogue;
}

static size_t plane_size(int32_t width) {
    return 1 + ((size_t)width + CHUNK - 1) / CHUNK * CHUNK + 1;
}

size_t arllie_float_bytes(int32_t width) {
    return 3 * plane_size(width);
}

void arllie_float_prepare(const uint8_t *rgb, int32_t width, void *row) {
    const size_t plane = plane_size(width);
    for (int c = 0; c < 3; c++) {
        uint8_t *restrict values = (uint8_t *)row + c * plane;
        values[0] = 0;
        for (int32_t x = 0; x < width; x++)
            values[1 + x] = rgb[3 * (size_t)x + c];
        memset(values + 1 + width, 0, plane - 1 - (size_t)width);
    }
}

/* exp(-|u|) by 2^n * p(r), |r| <= ln 2 / 2, p the Taylor polynomial of degree 7: within 3e-7 of the value. */
INLINE float exp_of_minus(float u) {
    float magnitude = u < 0 ? -u : u;
    magnitude = magnitude > 80.0f ? 80.0f : magnitude;
    const float scaled = -magnitude * 1.44269504f;
    const int32_t n = (int32_t)(scaled - 0.5f); /* towards 0: the nearest, as scaled <= 0 */
    const float r = (-magnitude - (float)n * 0.693359375f) - (float)n * -2.12194440e-4f;
    float p = 1.0f / 5040;
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    const uint32_t bits = (uint32_t)(n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

INLINE float logistic(float u) {
    const float small = exp_of_minus(u);
    return (u >= 0 ? 1.0f : small) / (1.0f + small);
}

INLINE float within(float value, float least, float most) {
    value = value > least ? value : least;
    return value < most ? value : most;
}

INLINE void sum_taps(const struct plan *plan, int c, const uint8_t *const rows[3], size_t plane, float *restrict u) {
    for (int i = 0; i < CHUNK; i++)
        u[i] = plan->bias[c];
    for (int ky = 0; ky < 3; ky++) {
        for (int kx = 0; kx < 3; kx++) {
            for (int ci = 0; ci < 3; ci++) {
                const uint8_t *restrict x = rows[ky] + ci * plane + kx;
                const float w = plan->weights[c][9 * ky + 3 * kx + ci];
                for (int i = 0; i < CHUNK; i++)
                    u[i] += w * (float)x[i];
            }
        }
    }
}

/* The result in [0, 1] times 255, and the half that rounds it. */
INLINE void finish(const struct plan *plan, const uint8_t *restrict x, float *restrict u, uint8_t *restrict out) {
    if (plan->epilogue == ARLLIE_PLAIN) {
        for (int i = 0; i < CHUNK; i++)
            u[i] = within(u[i], 0.0f, 1.0f);
    } else if (plan->epilogue == ARLLIE_CURVE) {
        for (int i = 0; i < CHUNK; i++) {
            const float lit = u[i] > 0 ? u[i] : 0;
            u[i] = within(plan->gain * lit / (lit + plan->knee), 0.0f, 1.0f);
        }
    } else {
        const float own = plan->epilogue == ARLLIE_RESIDUAL ? 1.0f / 255 : 0.0f;
        for (int i = 0; i < CHUNK; i++) {
            const float illumination = within((float)x[i] * own + logistic(u[i]), plan->least, 1.0f);
            u[i] = within((float)x[i] * (1.0f / 255) / illumination, 0.0f, 1.0f);
        }
    }
    for (int i = 0; i < CHUNK; i++)
        out[i] = (uint8_t)(int32_t)(255.0f * u[i] + 0.5f);
}

INLINE void enhance(const struct plan *plan, const void *above, const void *middle, const void *below, int32_t width,
                    uint8_t *rgb) {
    const size_t plane = plane_size(width);
    for (int32_t start = 0; start < width; start += CHUNK) {
        const uint8_t *const rows[3] = {(const uint8_t *)above + start, (const uint8_t *)middle + start,
                                        (const uint8_t *)below + start};
        const int32_t count = width - start < CHUNK ? width - start : CHUNK;
        for (int c = 0; c < 3; c++) {
            float u[CHUNK];
            uint8_t out[CHUNK];
            sum_taps(plan, c, rows, plane, u);
            finish(plan, rows[1] + c * plane + 1, u, out);
            for (int32_t i = 0; i < count; i++)
                rgb[3 * (size_t)(start + i) + c] = out[i];
        }
    }
}

ARLLIE_FLOAT_ENHANCE(portable) {
    enhance(plan, above, middle, below, width, rgb);
}

#if defined(AVX2)
AVX2 ARLLIE_FLOAT_ENHANCE(avx2) {
    enhance(plan, above, middle, below, width, rgb);
}

AVX512 ARLLIE_FLOAT_ENHANCE(avx512) {
    enhance(plan, above, middle, below, width, rgb);
}
#endif
