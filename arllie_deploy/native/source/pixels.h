/* Pixels of three bytes and of four: R | G << 8 | B << 16 in a 32-bit element. Included with a kernel's TARGET and,
 * where its instructions can permute bytes, BYTE_PERMUTES (512-bit), BYTE_SHUFFLES (128-bit) or NEON_PIXELS.
 */
#include <string.h>

/* A step goes over STEP pixels and touches no byte of a pixel beyond the SLACK next ones. `fourth` gives the fourth
 * bytes; null stands for 255s. */
#if defined(BYTE_PERMUTES)
#define STEP 16
#define SLACK 6
static const uint8_t FOUR_OF_THREE[64] __attribute__((aligned(64))) = {
    0,  1,  2,  0, 3,  4,  5,  0, 6,  7,  8,  0, 9,  10, 11, 0, 12, 13, 14, 0, 15, 16, 17, 0, 18, 19, 20, 0, 21, 22, 23, 0,
    24, 25, 26, 0, 27, 28, 29, 0, 30, 31, 32, 0, 33, 34, 35, 0, 36, 37, 38, 0, 39, 40, 41, 0, 42, 43, 44, 0, 45, 46, 47, 0,
};
static const uint8_t THREE_OF_FOUR[64] __attribute__((aligned(64))) = {
    0,  1,  2,  4,  5,  6,  8,  9,  10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 24, 25, 26, 28, 29, 30,
    32, 33, 34, 36, 37, 38, 40, 41, 42, 44, 45, 46, 48, 49, 50, 52, 53, 54, 56, 57, 58, 60, 61, 62,
};

INLINE void pack_step(const uint8_t *pixels, uint8_t *rgb) {
    const __m512i indices = _mm512_load_si512((const void *)THREE_OF_FOUR);
    _mm512_storeu_si512((void *)rgb, _mm512_permutexvar_epi8(indices, _mm512_loadu_si512((const void *)pixels)));
}

INLINE void unpack_step(const uint8_t *rgb, const uint8_t *fourth, uint8_t *pixels) {
    const __m512i indices = _mm512_load_si512((const void *)FOUR_OF_THREE);
    const __m512i others = fourth ? _mm512_loadu_si512((const void *)fourth) : _mm512_set1_epi8(-1);
    const __m512i bytes = _mm512_loadu_si512((const void *)rgb);
    _mm512_storeu_si512((void *)pixels, _mm512_mask_permutexvar_epi8(others, 0x7777777777777777, indices, bytes));
}
#elif defined(BYTE_SHUFFLES)
#define STEP 4
#define SLACK 2
INLINE void pack_step(const uint8_t *pixels, uint8_t *rgb) {
    const __m128i indices = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
    _mm_storeu_si128((void *)rgb, _mm_shuffle_epi8(_mm_loadu_si128((const void *)pixels), indices));
}

INLINE void unpack_step(const uint8_t *rgb, const uint8_t *fourth, uint8_t *pixels) {
    const __m128i indices = _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
    const __m128i place = _mm_set1_epi32((int)0xFF000000);
    const __m128i others = fourth ? _mm_and_si128(_mm_loadu_si128((const void *)fourth), place) : place;
    const __m128i bytes = _mm_loadu_si128((const void *)rgb);
    _mm_storeu_si128((void *)pixels, _mm_or_si128(_mm_shuffle_epi8(bytes, indices), others));
}
#elif defined(NEON_PIXELS)
#define STEP 16
#define SLACK 0
INLINE void pack_step(const uint8_t *pixels, uint8_t *rgb) {
    const uint8x16x4_t four = vld4q_u8(pixels);
    const uint8x16x3_t three = {{four.val[0], four.val[1], four.val[2]}};
    vst3q_u8(rgb, three);
}

INLINE void unpack_step(const uint8_t *rgb, const uint8_t *fourth, uint8_t *pixels) {
    const uint8x16x3_t three = vld3q_u8(rgb);
    const uint8x16_t others = fourth ? vld4q_u8(fourth).val[3] : vdupq_n_u8(255);
    const uint8x16x4_t four = {{three.val[0], three.val[1], three.val[2], others}};
    vst4q_u8(pixels, four);
}
#else
#define STEP 1
#define SLACK 1
INLINE void pack_step(const uint8_t *pixels, uint8_t *rgb) {
    memcpy(rgb, pixels, 4);
}

INLINE void unpack_step(const uint8_t *rgb, const uint8_t *fourth, uint8_t *pixels) {
    const uint8_t other = fourth ? fourth[3] : 255;
    memcpy(pixels, rgb, 4);
    pixels[3] = other;
}
#endif

/* `count` pixels from four bytes to three. */
TARGET static void pack(const uint8_t *pixels, int32_t count, uint8_t *rgb) {
    int32_t x = 0;
    for (; x + STEP + SLACK <= count; x += STEP)
        pack_step(pixels + 4 * (size_t)x, rgb + 3 * (size_t)x);
    for (; x < count; x++)
        memcpy(rgb + 3 * (size_t)x, pixels + 4 * (size_t)x, 3);
}

/* ... and from three to four, the fourth one that of `fourth`'s pixel, or 255 where it is null; it may be `pixels`. */
TARGET static void unpack(const uint8_t *rgb, const uint8_t *fourth, int32_t count, uint8_t *pixels) {
    int32_t x = 0;
    for (; x + STEP + SLACK <= count; x += STEP)
        unpack_step(rgb + 3 * (size_t)x, fourth ? fourth + 4 * (size_t)x : NULL, pixels + 4 * (size_t)x);
    for (; x < count; x++) {
        const uint8_t other = fourth ? fourth[4 * (size_t)x + 3] : 255;
        memcpy(pixels + 4 * (size_t)x, rgb + 3 * (size_t)x, 3);
        pixels[4 * (size_t)x + 3] = other;
    }
}
