/* NV12 to RGB and back, compiled once per instruction set: included with a kernel's TARGET after pixels.h. */
#include <string.h>

#define NV12_CHUNK 64 /* pixels at a time, in arrays that the compiler makes vectors of */
#define NV12_HALF (1 << (ARLLIE_MATRIX_BITS - 1))

INLINE int32_t to_byte(int32_t fixed) {
    const int32_t value = (fixed + NV12_HALF) >> ARLLIE_MATRIX_BITS;
    return value < 0 ? 0 : value > 255 ? 255 : value;
}

INLINE int32_t least_of(int32_t a, int32_t b) {
    return a < b ? a : b;
}

/* A chunk's 64 pixels as R | G << 8 | B << 16. */
INLINE void decode_chunk(const struct arllie_matrix *m, const uint8_t luma[NV12_CHUNK], const uint8_t chroma[NV12_CHUNK],
                         int32_t pixels[NV12_CHUNK]) {
    int32_t red[NV12_CHUNK], green[NV12_CHUNK], blue[NV12_CHUNK];
    for (int i = 0; i < NV12_CHUNK / 2; i++) {
        const int32_t cb = chroma[2 * i] - 128, cr = chroma[2 * i + 1] - 128;
        red[2 * i] = red[2 * i + 1] = m->red_cr * cr;
        green[2 * i] = green[2 * i + 1] = m->green_cb * cb + m->green_cr * cr;
        blue[2 * i] = blue[2 * i + 1] = m->blue_cb * cb;
    }
    for (int i = 0; i < NV12_CHUNK; i++) {
        const int32_t y = m->luma * (luma[i] - m->black);
        pixels[i] = to_byte(y + red[i]) | to_byte(y + green[i]) << 8 | to_byte(y + blue[i]) << 16;
    }
}

TARGET static void decode_nv12(const struct arllie_matrix *m, const uint8_t *luma, const uint8_t *chroma, int32_t width,
                               uint8_t *rgb) {
    for (int32_t x = 0; x < width; x += NV12_CHUNK) {
        const int32_t count = least_of(width - x, NV12_CHUNK);
        uint8_t last[2][NV12_CHUNK] = {{0}};
        int32_t pixels[NV12_CHUNK];
        if (count == NV12_CHUNK) {
            decode_chunk(m, luma + x, chroma + x, pixels);
        } else {
            memcpy(last[0], luma + x, (size_t)count);
            memcpy(last[1], chroma + x, (size_t)(count + count % 2));
            decode_chunk(m, last[0], last[1], pixels);
        }
        pack((const uint8_t *)pixels, count, rgb + 3 * (size_t)x);
    }
}

TARGET static void encode_luma(const struct arllie_matrix *m, const uint8_t *rgb, int32_t width, uint8_t *luma) {
    for (int32_t x = 0; x < width; x += NV12_CHUNK) {
        const int32_t count = least_of(width - x, NV12_CHUNK);
        uint32_t pixels[NV12_CHUNK] = {0};
        uint8_t bytes[NV12_CHUNK];
        unpack(rgb + 3 * (size_t)x, NULL, count, (uint8_t *)pixels);
        for (int i = 0; i < NV12_CHUNK; i++) {
            const int32_t r = pixels[i] & 255, g = pixels[i] >> 8 & 255, b = pixels[i] >> 16 & 255;
            bytes[i] = (uint8_t)to_byte((m->black << ARLLIE_MATRIX_BITS) + m->y[0] * r + m->y[1] * g + m->y[2] * b);
        }
        memcpy(luma + x, bytes, (size_t)count);
    }
}

/* Each sample from the mean of its 2x2 block; at an odd edge the pixels that exist stand for those that do not. */
TARGET static void encode_chroma(const struct arllie_matrix *m, const uint8_t *top, const uint8_t *bottom, int32_t width,
                                 uint8_t *chroma) {
    const int32_t gray = 128 << ARLLIE_MATRIX_BITS;
    for (int32_t x = 0; x < width; x += NV12_CHUNK) {
        const int32_t count = least_of(width - x, NV12_CHUNK);
        uint32_t rows[2][NV12_CHUNK] = {{0}};
        uint8_t bytes[NV12_CHUNK];
        unpack(top + 3 * (size_t)x, NULL, count, (uint8_t *)rows[0]);
        unpack(bottom + 3 * (size_t)x, NULL, count, (uint8_t *)rows[1]);
        for (int i = 0; i < 2 && count % 2; i++)
            rows[i][count] = rows[i][count - 1];
        for (int i = 0; i < NV12_CHUNK / 2; i++) {
            const uint32_t a = rows[0][2 * i], b = rows[0][2 * i + 1], c = rows[1][2 * i], d = rows[1][2 * i + 1];
            const uint32_t others = (a & 0xFF00FF) + (b & 0xFF00FF) + (c & 0xFF00FF) + (d & 0xFF00FF);
            const int32_t green = (a >> 8 & 255) + (b >> 8 & 255) + (c >> 8 & 255) + (d >> 8 & 255);
            const int32_t red = others & 0xFFFF, blue = others >> 16;
            const int32_t cb = m->cb[0] * red + m->cb[1] * green + m->cb[2] * blue;
            const int32_t cr = m->cr[0] * red + m->cr[1] * green + m->cr[2] * blue;
            bytes[2 * i] = (uint8_t)to_byte(gray + ((cb + 2) >> 2));
            bytes[2 * i + 1] = (uint8_t)to_byte(gray + ((cr + 2) >> 2));
        }
        memcpy(chroma + x, bytes, (size_t)(count + count % 2));
    }
}
