/* The kernel for multiply-add of word pairs, written once for 128-bit (SSE4.1) and 256-bit (AVX2) vectors.
 *
 * The including file defines NAME, AVAILABLE, TARGET and the operations V(...). Everything works within 128-bit lanes,
 * so both widths share the order of packed words: four of the first vector, four of the second, in each lane.
 *
 * A prepared row holds two arrays with a 32-bit element per pixel p: RG[p] = R | G << 16 and BB[p] = B | next B << 16.
 * The nine taps of a row are then the pairs RG[p-1], RG[p], RG[p+1], BB[p-1] and the single B[p+1].
 */
#include <string.h>

#include "kernel.h"
#include "kernel_model.h"

#define LEFT 8
#define PAIRS 14
#define TABLES 4 /* low and high bytes of c0, then of c1 */
#define GROUP (2 * LANES)
#define TILE (2 * GROUP)
#define INLINE static inline __attribute__((always_inline)) TARGET

struct plan {
    int32_t weights[PAIRS][3][LANES];
    uint8_t tables[TABLES][4][16]; /* each 16 entries xored with the 16 before: see look_up */
    int32_t bias[3];
    struct arllie_end end;
};

_Static_assert(sizeof(struct plan) <= ARLLIE_PLAN_BYTES, "the plan outgrew its memory");

static int available(void) {
    return AVAILABLE;
}

static int32_t two(int first, int second) {
    return (int32_t)((uint32_t)(uint16_t)first | (uint32_t)(uint16_t)second << 16);
}

static void plan_weights(const struct arllie_model *model, struct plan *plan) {
    for (int c = 0; c < 3; c++) {
        const int16_t *w = model->weights[c];
        int32_t pairs[PAIRS];
        for (int row = 0; row < 3; row++) {
            const int16_t *r = w + 9 * row;
            pairs[4 * row] = two(r[0], r[1]);
            pairs[4 * row + 1] = two(r[3], r[4]);
            pairs[4 * row + 2] = two(r[6], r[7]);
            pairs[4 * row + 3] = two(r[2], r[5]);
        }
        pairs[12] = two(w[8], w[17]);
        pairs[13] = two(w[26], 0);
        for (int i = 0; i < PAIRS; i++)
            for (int lane = 0; lane < LANES; lane++)
                plan->weights[i][c][lane] = pairs[i];
    }
}

static void plan_tables(const uint16_t *c0, const int16_t *c1, struct plan *plan) {
    for (int i = 0; i < 64; i++) {
        const int before = i < 16 ? -1 : i - 16;
        const unsigned bases = c0[i] ^ (before < 0 ? 0u : c0[before]);
        const unsigned slopes = (uint16_t)c1[i] ^ (before < 0 ? 0u : (uint16_t)c1[before]);
        plan->tables[0][i / 16][i % 16] = (uint8_t)bases;
        plan->tables[1][i / 16][i % 16] = (uint8_t)(bases >> 8);
        plan->tables[2][i / 16][i % 16] = (uint8_t)slopes;
        plan->tables[3][i / 16][i % 16] = (uint8_t)(slopes >> 8);
    }
}

static void make_plan(const struct arllie_model *model, void *memory) {
    struct plan *plan = memory;
    plan->end = arllie_end_of(model);
    plan_weights(model, plan);
    plan_tables(plan->end.c0, plan->end.c1, plan);
    memcpy(plan->bias, model->bias, sizeof plan->bias);
}

/* Elements of one of the two arrays: borders, the pixels in whole tiles, and what the last tile's RG[p+1] reads. */
static size_t elements(int32_t width) {
    return LEFT + ((size_t)width + TILE - 1) / TILE * TILE + LEFT;
}

static size_t row_bytes(int32_t width) {
    return 2 * elements(width) * sizeof(int32_t);
}

TARGET static void prepare(const uint8_t *rgb, int32_t width, void *row) {
    const size_t count = elements(width);
    int32_t *rg = row, *bb = rg + count;
    int32_t x = 0;
    memset(rg, 0, LEFT * sizeof *rg);
    memset(bb, 0, LEFT * sizeof *bb);
    bb[LEFT - 1] = two(0, rgb[2]);
    const __m128i red_green = _mm_setr_epi8(0, -1, 1, -1, 3, -1, 4, -1, 6, -1, 7, -1, 9, -1, 10, -1);
    const __m128i blue = _mm_setr_epi8(2, -1, 5, -1, 5, -1, 8, -1, 8, -1, 11, -1, 11, -1, 14, -1);
    for (; x < width - 5; x += 4) { /* reads 16 bytes */
        __m128i bytes = _mm_loadu_si128((const void *)(rgb + 3 * (size_t)x));
        _mm_storeu_si128((void *)(rg + LEFT + x), _mm_shuffle_epi8(bytes, red_green));
        _mm_storeu_si128((void *)(bb + LEFT + x), _mm_shuffle_epi8(bytes, blue));
    }
    for (; x < width; x++) {
        const uint8_t *pixel = rgb + 3 * (size_t)x;
        rg[LEFT + x] = two(pixel[0], pixel[1]);
        bb[LEFT + x] = two(pixel[2], x + 1 < width ? pixel[5] : 0);
    }
    memset(rg + LEFT + width, 0, (count - LEFT - (size_t)width) * sizeof *rg);
    memset(bb + LEFT + width, 0, (count - LEFT - (size_t)width) * sizeof *bb);
}

/* Where one tile's data begins in the three rows. */
struct window {
    const int32_t *rg[3], *bb[3];
};

INLINE VECTOR pair_at(const struct window *w, int pair, int offset) {
    if (pair == 13)
        return V(loadu)((const void *)(w->bb[2] + offset + 1));
    if (pair == 12)
        return BLEND(V(loadu)((const void *)(w->bb[0] + offset + 1)), V(loadu)((const void *)(w->bb[1] + offset)),
                     0xAA);
    if (pair % 4 == 3)
        return V(loadu)((const void *)(w->bb[pair / 4] + offset - 1));
    return V(loadu)((const void *)(w->rg[pair / 4] + offset + pair % 4 - 1));
}

/* The sums of 2 * LANES pixels, three channels. */
INLINE void sum(const struct plan *plan, const struct window *w, int offset, VECTOR a[3], VECTOR b[3]) {
    for (int c = 0; c < 3; c++)
        a[c] = b[c] = E(set1_epi32)(plan->bias[c]);
#pragma GCC unroll 14
    for (int i = 0; i < PAIRS; i++) {
        VECTOR first = pair_at(w, i, offset), second = pair_at(w, i, offset + LANES);
        for (int c = 0; c < 3; c++) {
            VECTOR weights = V(load)((const void *)plan->weights[i][c]);
            a[c] = E(add_epi32)(a[c], E(madd_epi16)(first, weights));
            b[c] = E(add_epi32)(b[c], E(madd_epi16)(second, weights));
        }
    }
}

/* 64 bytes looked up by 0..63: a shuffle sees four bits of the index and gives 0 where it is negative, so each table of
 * 16 turns the one before into itself where the index reaches it. */
INLINE VECTOR look_up(const uint8_t tables[4][16], const VECTOR index[4]) {
    VECTOR found = E(shuffle_epi8)(TWICE(tables[0]), index[0]);
    for (int i = 1; i < 4; i++)
        found = V(xor)(found, E(shuffle_epi8)(TWICE(tables[i]), index[i]));
    return found;
}

INLINE VECTOR between(VECTOR v, VECTOR bases, VECTOR slopes) {
    VECTOR fraction = V(and)(E(slli_epi16)(v, 5), E(set1_epi16)(0x7F80));
    return E(add_epi16)(bases, E(mulhrs_epi16)(fraction, slopes));
}

/* In place: two vectors of V16 become the table's values. */
INLINE void interpolate(const struct plan *plan, VECTOR *v, VECTOR *w) {
    VECTOR index[4], bytes[TABLES];
    index[0] = E(packus_epi16)(E(srli_epi16)(*v, 10), E(srli_epi16)(*w, 10));
    for (int i = 1; i < 4; i++)
        index[i] = E(sub_epi8)(index[i - 1], E(set1_epi8)(16));
    for (int i = 0; i < TABLES; i++)
        bytes[i] = look_up(plan->tables[i], index);
    *v = between(*v, E(unpacklo_epi8)(bytes[0], bytes[1]), E(unpacklo_epi8)(bytes[2], bytes[3]));
    *w = between(*w, E(unpackhi_epi8)(bytes[0], bytes[1]), E(unpackhi_epi8)(bytes[2], bytes[3]));
}

/* numerator / denominator rounded half up, exact: see quotients in kernel.h. Too large ones saturate in packing. */
INLINE VECTOR quotient(FLOATS numerator, VECTOR denominator) {
    FLOATS ratio = E(div_ps)(numerator, E(cvtepi32_ps)(denominator));
    return E(cvttps_epi32)(E(add_ps)(ratio, E(set1_ps)(0.5f)));
}

INLINE VECTOR center(const struct window *w, int c, int offset) {
    VECTOR pair = V(loadu)((const void *)((c == 2 ? w->bb[1] : w->rg[1]) + offset));
    return c == 1 ? E(srli_epi32)(pair, 16) : V(and)(pair, E(set1_epi32)(0xFFFF));
}

/* Words s = 65280 * illumination's logistic part of one channel and group -> the result as words. */
INLINE VECTOR divide(const struct plan *plan, const struct window *w, int c, int offset, VECTOR s) {
    const VECTOR zero = V(setzero)();
    VECTOR x = center(w, c, offset), y = center(w, c, offset + LANES);
    s = E(adds_epu16)(s, E(slli_epi16)(E(packus_epi32)(x, y), 8));
    s = E(min_epu16)(s, E(set1_epi16)((short)ARLLIE_BRIGHTEST));
    s = E(max_epu16)(s, E(set1_epi16)((short)plan->end.limit));
    const FLOATS scale = E(set1_ps)(ARLLIE_BRIGHTEST);
    x = quotient(E(mul_ps)(E(cvtepi32_ps)(x), scale), E(unpacklo_epi16)(s, zero));
    y = quotient(E(mul_ps)(E(cvtepi32_ps)(y), scale), E(unpackhi_epi16)(s, zero));
    return E(packs_epi32)(x, y);
}

/* Words r = 256 * gain -> x * r / 256, rounded half up, as words. */
INLINE VECTOR multiply(const struct plan *plan, const struct window *w, int c, int offset, VECTOR r) {
    VECTOR x = E(slli_epi16)(E(packus_epi32)(center(w, c, offset), center(w, c, offset + LANES)), 8);
    r = E(min_epu16)(r, E(set1_epi16)((short)plan->end.limit));
    r = E(add_epi16)(E(mulhi_epu16)(x, r), E(srli_epi16)(E(mullo_epi16)(x, r), 15));
    return E(min_epu16)(r, E(set1_epi16)(255));
}

INLINE VECTOR curve(const struct plan *plan, VECTOR a, VECTOR b) {
    const VECTOR zero = V(setzero)();
    VECTOR u = E(packus_epi32)(a, b);
    VECTOR d = E(add_epi16)(E(mullo_epi16)(u, E(set1_epi16)((short)plan->end.curve_whole)),
                            E(mulhi_epu16)(u, E(set1_epi16)((short)plan->end.curve_fraction)));
    d = E(add_epi16)(d, E(set1_epi16)((short)plan->end.curve_offset));
    const FLOATS scale = E(set1_ps)(256.0f);
    a = quotient(E(mul_ps)(E(cvtepi32_ps)(E(unpacklo_epi16)(u, zero)), scale), E(unpacklo_epi16)(d, zero));
    b = quotient(E(mul_ps)(E(cvtepi32_ps)(E(unpackhi_epi16)(u, zero)), scale), E(unpackhi_epi16)(d, zero));
    return E(packs_epi32)(a, b);
}

/* Three channels of words in packs' order -> 3 * GROUP bytes and 4 more. */
INLINE void store(VECTOR red, VECTOR green, VECTOR blue, uint8_t *rgb) {
    const __m128i from_rg[2] = {_mm_setr_epi8(0, 8, -1, 1, 9, -1, 2, 10, -1, 3, 11, -1, -1, -1, -1, -1),
                                _mm_setr_epi8(4, 12, -1, 5, 13, -1, 6, 14, -1, 7, 15, -1, -1, -1, -1, -1)};
    const __m128i from_b[2] = {_mm_setr_epi8(-1, -1, 0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, -1, -1),
                               _mm_setr_epi8(-1, -1, 4, -1, -1, 5, -1, -1, 6, -1, -1, 7, -1, -1, -1, -1)};
    VECTOR rg = E(packus_epi16)(red, green), b = E(packus_epi16)(blue, blue);
    for (int half = 0; half < 2; half++) {
        VECTOR pixels = V(or)(E(shuffle_epi8)(rg, TWICE(&from_rg[half])), E(shuffle_epi8)(b, TWICE(&from_b[half])));
        for (int lane = 0; lane < LANES / 4; lane++)
            _mm_storeu_si128((void *)(rgb + 3 * LANES * half + 12 * lane), LANE(pixels, lane));
    }
}

INLINE void tile(const struct plan *plan, enum arllie_epilogue form, const struct window *w, uint8_t *rgb) {
    VECTOR words[2][3];
    for (int g = 0; g < 2; g++) {
        VECTOR a[3], b[3];
        sum(plan, w, GROUP * g, a, b);
        const __m128i count = _mm_cvtsi32_si128(plan->end.shift);
        for (int c = 0; c < 3; c++) {
            a[c] = E(sra_epi32)(a[c], count);
            b[c] = E(sra_epi32)(b[c], count);
            words[g][c] = form == ARLLIE_CURVE ? curve(plan, a[c], b[c]) : E(packs_epi32)(a[c], b[c]);
        }
    }
    if (form == ARLLIE_RESIDUAL || form == ARLLIE_DIRECT) {
        interpolate(plan, &words[0][0], &words[0][1]);
        interpolate(plan, &words[0][2], &words[1][2]);
        interpolate(plan, &words[1][0], &words[1][1]);
        for (int g = 0; g < 2; g++)
            for (int c = 0; c < 3; c++)
                words[g][c] = form == ARLLIE_DIRECT ? multiply(plan, w, c, GROUP * g, words[g][c])
                                             : divide(plan, w, c, GROUP * g, words[g][c]);
    }
    for (int g = 0; g < 2; g++)
        store(words[g][0], words[g][1], words[g][2], rgb + 3 * GROUP * g);
}

INLINE void row_of(const struct plan *plan, enum arllie_epilogue form, const void *const rows[3], int32_t width, uint8_t *rgb) {
    const size_t count = elements(width), bytes = 3 * (size_t)width;
    for (int32_t x = 0; x < width; x += TILE) {
        struct window w;
        uint8_t last[3 * TILE + 4];
        const size_t at = 3 * (size_t)x;
        for (int i = 0; i < 3; i++) {
            w.rg[i] = (const int32_t *)rows[i] + LEFT + x;
            w.bb[i] = w.rg[i] + count;
        }
        if (at + 3 * TILE + 4 <= bytes) {
            tile(plan, form, &w, rgb + at);
        } else {
            tile(plan, form, &w, last);
            memcpy(rgb + at, last, bytes - at < 3 * TILE ? bytes - at : 3 * TILE);
        }
    }
}

#include "kernel_entry.h"
