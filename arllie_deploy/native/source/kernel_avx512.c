/* AVX-512 with VBMI and VNNI: 32 pixels at a time, u8 x s8 dot products of four taps, weights as 256 * high + low.
 *
 * Per group of 16 pixels seven vectors of four taps are permuted out of three 64-byte loads: bytes 3 0 1 2 and 4 5 6 7
 * of each row's nine, and byte 8 of the three rows with a constant 1, through which the bias's low byte enters.
 */
#include <immintrin.h>
#include <string.h>

#include "kernel.h"
#include "kernel_model.h"
#include "permutations_avx512.h"

#define NAME "avx512"
#define SYMBOL arllie_kernel_avx512
#define FLOAT_LANES 16
#define FLOAT_VECTORS 6
#define FLOAT_MIN _mm512_min_ps
#define FLOAT_MAX _mm512_max_ps
#define BYTE_PERMUTES
#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vnni")))
#define INLINE static inline __attribute__((always_inline)) TARGET
#define LEFT 64 /* pixel 0's place in a prepared row */
#define TILE 32
#define QUADS 7

struct plan {
    int32_t weights[2][QUADS][3]; /* high and low halves, four int8 each */
    int32_t bias[3];
    struct arllie_end end;
};

_Static_assert(sizeof(struct plan) <= ARLLIE_PLAN_BYTES, "the plan outgrew its memory");

static int available(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni");
}

static void make_plan(const struct arllie_model *model, void *memory) {
    struct plan *plan = memory;
    for (int c = 0; c < 3; c++) {
        const int16_t *w = model->weights[c];
        int low_bias = arllie_low_half(model->bias[c]);
        for (int half = 0; half < 2; half++) {
            for (int row = 0; row < 3; row++) {
                const int16_t *r = w + 9 * row;
                plan->weights[half][2 * row][c] = arllie_four_halves((const int[]){r[3], r[0], r[1], r[2]}, half);
                plan->weights[half][2 * row + 1][c] = arllie_four_halves((const int[]){r[4], r[5], r[6], r[7]}, half);
            }
            plan->weights[half][6][c] = arllie_four_halves((const int[]){w[8], w[17], w[26], half == 0 ? 0 : low_bias}, half);
        }
        plan->bias[c] = (model->bias[c] - low_bias) / 256;
    }
    plan->end = arllie_end_of(model);
}

static size_t row_bytes(int32_t width) {
    size_t tiles = ((size_t)width + TILE - 1) / TILE;
    return LEFT + 3 * TILE * tiles + 64;
}

static void prepare(const uint8_t *rgb, int32_t width, void *row) {
    uint8_t *bytes = row;
    size_t end = LEFT + 3 * (size_t)width;
    memset(bytes, 0, LEFT);
    memcpy(bytes + LEFT, rgb, 3 * (size_t)width);
    memset(bytes + end, 0, row_bytes(width) - end);
}

/* Of each word. */
#define HIGH_BYTES 0xAAAAAAAAAAAAAAAA

struct group {
    __m512i quad[QUADS];
};

INLINE __m512i index_of(const uint8_t *index) {
    return _mm512_load_si512((const void *)index);
}

INLINE struct group gather(__m512i above, __m512i middle, __m512i below) {
    const __m512i first = index_of(INDICES.first), second = index_of(INDICES.second), last = index_of(INDICES.last);
    struct group g;
    g.quad[0] = _mm512_permutexvar_epi8(first, above);
    g.quad[1] = _mm512_permutexvar_epi8(second, above);
    g.quad[2] = _mm512_permutexvar_epi8(first, middle);
    g.quad[3] = _mm512_permutexvar_epi8(second, middle);
    g.quad[4] = _mm512_permutexvar_epi8(first, below);
    g.quad[5] = _mm512_permutexvar_epi8(second, below);
    __m512i column = _mm512_set1_epi32(0x01000000);
    column = _mm512_mask_permutexvar_epi8(column, 0x1111111111111111, last, above);
    column = _mm512_mask_permutexvar_epi8(column, 0x2222222222222222, last, middle);
    g.quad[6] = _mm512_mask_permutexvar_epi8(column, 0x4444444444444444, last, below);
    return g;
}

/* The lane's center byte of channel c as the float 65280 * x: the byte becomes the mantissa of 2^23 + x. */
INLINE __m512 center_float(const struct group *g, int c) {
    float scale = ARLLIE_BRIGHTEST;
    const __m512i exponent = _mm512_set1_epi32(0x4B000000);
    __m512i lanes = g->quad[c == 0 ? 2 : 3];
    if (c == 2) { /* byte 1: 256 * x */
        lanes = _mm512_ternarylogic_epi32(lanes, _mm512_set1_epi32(0xFF00), exponent, 0xEA);
        scale *= 1.0f / 256;
    } else {
        lanes = _mm512_ternarylogic_epi32(lanes, _mm512_set1_epi32(0xFF), exponent, 0xEA);
    }
    return _mm512_fmadd_ps(_mm512_castsi512_ps(lanes), _mm512_set1_ps(scale), _mm512_set1_ps(-8388608.0f * scale));
}

/* numerator / denominator rounded half up, in byte 1 of each lane. The quotient is below 256 and its distance from a
 * half-integer, unless 0, is above 2^-17, half a unit in the last place of a float below 256: so the rounded division
 * keeps its side, and adding 0.5 at a unit of 2^-8, rounded down, is exact. 0 / 0 gives a NaN whose byte 1 is 0. */
INLINE __m512i quotient(__m512 numerator, __m512 denominator, int may_exceed) {
    __m512 ratio = _mm512_div_round_ps(numerator, denominator, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    if (may_exceed)
        ratio = _mm512_min_ps(ratio, _mm512_set1_ps(255.0f));
    ratio = _mm512_add_round_ps(ratio, _mm512_set1_ps(32768.5f), _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    return _mm512_castps_si512(ratio);
}

/* Two vectors of 16 floats from 32 words in packs' order. A word below the exponent 0x4B00 is 2^23 + word, below 0x4F00
 * 2^31 + 256 * word; `offset` is taken away. */
INLINE void words_to_floats(__m512i words, int exponent, float offset, __m512 floats[2]) {
    const __m512i high = _mm512_set1_epi16((short)exponent);
    const __m512 zero = _mm512_set1_ps(offset);
    floats[0] = _mm512_sub_ps(_mm512_castsi512_ps(_mm512_unpacklo_epi16(words, high)), zero);
    floats[1] = _mm512_sub_ps(_mm512_castsi512_ps(_mm512_unpackhi_epi16(words, high)), zero);
}

INLINE __m512i table(const struct plan *plan, __m512i a, __m512i b) {
    const __m512i count = _mm512_set1_epi32(plan->end.shift);
    __m512i v = _mm512_packs_epi32(_mm512_srav_epi32(a, count), _mm512_srav_epi32(b, count));
    __m512i index = _mm512_srli_epi16(v, 10);
    __m512i fraction = _mm512_and_si512(_mm512_slli_epi16(v, 5), _mm512_set1_epi16(0x7F80));
    __m512i base = _mm512_permutex2var_epi16(_mm512_loadu_si512((const void *)plan->end.c0), index,
                                             _mm512_loadu_si512((const void *)(plan->end.c0 + 32)));
    __m512i slope = _mm512_permutex2var_epi16(_mm512_loadu_si512((const void *)plan->end.c1), index,
                                              _mm512_loadu_si512((const void *)(plan->end.c1 + 32)));
    return _mm512_add_epi16(base, _mm512_mulhrs_epi16(fraction, slope));
}

/* Beside the epilogues of arllie.h: the residual one with a limit that matters. */
#define LIMITED_RESIDUAL (ARLLIE_CURVE + 1)

/* One channel of two groups: sums in, results in a byte of each lane out. */
INLINE void finish(const struct plan *plan, int form, int c, const struct group *ga, const struct group *gb,
                   __m512i row_a, __m512i row_b, __m512i *a, __m512i *b) {
    __m512 below[2];
    if (form == ARLLIE_PLAIN) {
        const __m512i count = _mm512_set1_epi32(plan->end.shift);
        __m512i words = _mm512_packs_epi32(_mm512_srav_epi32(*a, count), _mm512_srav_epi32(*b, count));
        words = _mm512_min_epi16(_mm512_max_epi16(words, _mm512_setzero_si512()), _mm512_set1_epi16(255));
        *a = *b = words;
        return;
    }
    if (form == ARLLIE_CURVE) {
        const __m512i count = _mm512_set1_epi32(plan->end.shift);
        __m512i u = _mm512_packus_epi32(_mm512_srav_epi32(*a, count), _mm512_srav_epi32(*b, count));
        __m512i d = _mm512_add_epi16(_mm512_mullo_epi16(u, _mm512_set1_epi16((short)plan->end.curve_whole)),
                                     _mm512_mulhi_epu16(u, _mm512_set1_epi16((short)plan->end.curve_fraction)));
        __m512 lit[2];
        words_to_floats(_mm512_add_epi16(d, _mm512_set1_epi16((short)plan->end.curve_offset)), 0x4B00, 8388608.0f, below);
        words_to_floats(u, 0x4F00, 2147483648.0f, lit); /* 256 * u */
        *a = quotient(lit[0], below[0], 1);
        *b = quotient(lit[1], below[1], 1);
        return;
    }
    __m512i s = table(plan, *a, *b);
    if (form == ARLLIE_DIRECT) {
        __m512i x = _mm512_maskz_permutex2var_epi8(HIGH_BYTES, row_a, index_of(INDICES.center[c]), row_b);
        s = _mm512_min_epu16(s, _mm512_set1_epi16((short)plan->end.limit));
        /* x * s >> 8, and the bit below it to round. */
        s = _mm512_add_epi16(_mm512_mulhi_epu16(x, s), _mm512_srli_epi16(_mm512_mullo_epi16(x, s), 15));
        *a = *b = _mm512_min_epu16(s, _mm512_set1_epi16(255));
        return;
    }
    /* 256 * x + 255, so that saturation at 65535 is the clamp at 65280; the 255 leaves with the float's offset. A limit
     * up to 256 acts only where x = 0, and there the result is 0 whatever the illumination. */
    s = _mm512_adds_epu16(s, _mm512_mask2_permutex2var_epi8(row_a, index_of(INDICES.center[c]), HIGH_BYTES, row_b));
    if (form == LIMITED_RESIDUAL)
        s = _mm512_max_epu16(s, _mm512_set1_epi16((short)(plan->end.limit + 255)));
    words_to_floats(s, 0x4B00, 8388608.0f + 255.0f, below);
    *a = quotient(center_float(ga, c), below[0], 0);
    *b = quotient(center_float(gb, c), below[1], 0);
}

INLINE void tile(const struct plan *plan, int form, const uint8_t *above, const uint8_t *middle,
                 const uint8_t *below, uint8_t *out) {
    __m512i row_a = _mm512_loadu_si512((const void *)middle), row_b = _mm512_loadu_si512((const void *)(middle + 48));
    struct group ga = gather(_mm512_loadu_si512((const void *)above), row_a, _mm512_loadu_si512((const void *)below));
    struct group gb = gather(_mm512_loadu_si512((const void *)(above + 48)), row_b,
                             _mm512_loadu_si512((const void *)(below + 48)));
    __m512i a[3], b[3];
    for (int c = 0; c < 3; c++) {
        __m512i low_a = _mm512_setzero_si512(), low_b = low_a;
        a[c] = b[c] = _mm512_set1_epi32(plan->bias[c]);
        for (int q = 0; q < QUADS; q++) {
            const __m512i high = _mm512_set1_epi32(plan->weights[0][q][c]);
            const __m512i low = _mm512_set1_epi32(plan->weights[1][q][c]);
            a[c] = _mm512_dpbusd_epi32(a[c], ga.quad[q], high);
            b[c] = _mm512_dpbusd_epi32(b[c], gb.quad[q], high);
            low_a = _mm512_dpbusd_epi32(low_a, ga.quad[q], low);
            low_b = _mm512_dpbusd_epi32(low_b, gb.quad[q], low);
        }
        a[c] = _mm512_add_epi32(_mm512_slli_epi32(a[c], 8), low_a);
        b[c] = _mm512_add_epi32(_mm512_slli_epi32(b[c], 8), low_b);
        if (c > 0) /* one channel's end between the next ones' sums: their units are different */
            finish(plan, form, c - 1, &ga, &gb, row_a, row_b, &a[c - 1], &b[c - 1]);
    }
    finish(plan, form, 2, &ga, &gb, row_a, row_b, &a[2], &b[2]);
    const int words = form == ARLLIE_PLAIN || form == ARLLIE_DIRECT;
    const enum place place_a = words ? FIRST_WORDS : LANES, place_b = words ? SECOND_WORDS : LANES;
    a[0] = _mm512_permutex2var_epi8(a[0], index_of(INDICES.red_green[place_a]), a[1]);
    b[0] = _mm512_permutex2var_epi8(b[0], index_of(INDICES.red_green[place_b]), b[1]);
    /* Each store ends in 16 bytes that the next one overwrites. */
    _mm512_storeu_si512((void *)out, _mm512_permutex2var_epi8(a[0], index_of(INDICES.blue[place_a]), a[2]));
    _mm512_storeu_si512((void *)(out + 48), _mm512_permutex2var_epi8(b[0], index_of(INDICES.blue[place_b]), b[2]));
}

INLINE void tiles(const struct plan *plan, int form, const void *const rows[3], int32_t width, uint8_t *rgb) {
    const size_t bytes = 3 * (size_t)width;
    const uint8_t *window[3];
    size_t at = 0;
    for (int i = 0; i < 3; i++)
        window[i] = (const uint8_t *)rows[i] + LEFT - 3;
    for (; at + 48 + 64 <= bytes; at += 3 * TILE)
        tile(plan, form, window[0] + at, window[1] + at, window[2] + at, rgb + at);
    for (; at < bytes; at += 3 * TILE) {
        uint8_t last[48 + 64];
        tile(plan, form, window[0] + at, window[1] + at, window[2] + at, last);
        memcpy(rgb + at, last, bytes - at < 3 * TILE ? bytes - at : 3 * TILE);
    }
}

INLINE void row_of(const struct plan *plan, enum arllie_epilogue epilogue, const void *const rows[3], int32_t width,
                   uint8_t *rgb) {
    if (epilogue == ARLLIE_RESIDUAL && plan->end.limit > 256)
        tiles(plan, LIMITED_RESIDUAL, rows, width, rgb);
    else
        tiles(plan, (int)epilogue, rows, width, rgb);
}

#include "kernel_entry.h"
