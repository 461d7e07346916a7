/* What an instruction set provides: rows in, rows out. Borders, strides, formats and threads are handled around it. */
#ifndef ARLLIE_KERNEL_H
#define ARLLIE_KERNEL_H

#include "arllie.h"

#define ARLLIE_ALIGNMENT 64
#define ARLLIE_PLAN_BYTES 8192
#define ARLLIE_BRIGHTEST 65280 /* illumination 1 = 255 * 256 */

/* Quotients. numerator / denominator (both at most 24 bits, the denominator at most 65535), rounded half up and below
 * 256, is exact as floor((float)numerator / denominator + 0.5f): an unrounded quotient that is no half-integer is more
 * than 1 / (2 * 65536) = 2^-17 away from one, which is half a unit in the last place of a float below 256, so the
 * rounded division stays on its side. */

/* One picture row's way through a kernel. A prepared row is the kernel's own layout with zero pixels around it. */
struct arllie_rows {
    size_t (*bytes)(int32_t width);
    /* Lays out a row of RGB bytes. */
    void (*prepare)(const uint8_t *rgb, int32_t width, void *row);
    /* Computes the RGB bytes of the middle row, exactly 3 * width of them. */
    void (*enhance)(const void *plan, const void *above, const void *middle, const void *below, int32_t width,
                    uint8_t *rgb);
};

/* One NV12 matrix in fixed point: r = luma * (y - black) + red_cr * (cr - 128), and so on. The most bits with which no
 * sum leaves 32 bits: a value closer to a half than the coefficients' rounding (3e-4 levels) may take the other level. */
#define ARLLIE_MATRIX_BITS 21
struct arllie_matrix {
    int32_t black, luma, red_cr, green_cb, green_cr, blue_cb;
    int32_t y[3], cb[3], cr[3]; /* of R, G, B */
};

/* Rows of other formats from and to RGB bytes; `fourth` has RGBX32 pixels, or is null for 255. */
struct arllie_formats {
    void (*pack)(const uint8_t *rgbx, int32_t width, uint8_t *rgb);
    void (*unpack)(const uint8_t *rgb, const uint8_t *fourth, int32_t width, uint8_t *rgbx);
    void (*decode_nv12)(const struct arllie_matrix *matrix, const uint8_t *luma, const uint8_t *chroma, int32_t width,
                        uint8_t *rgb);
    void (*encode_luma)(const struct arllie_matrix *matrix, const uint8_t *rgb, int32_t width, uint8_t *luma);
    void (*encode_chroma)(const struct arllie_matrix *matrix, const uint8_t *top, const uint8_t *bottom, int32_t width,
                          uint8_t *chroma);
};

struct arllie_kernel {
    const char *name;
    int (*available)(void);
    /* Writes at most ARLLIE_PLAN_BYTES, aligned to ARLLIE_ALIGNMENT: the model as this kernel wants it. */
    void (*plan)(const struct arllie_model *model, void *plan);
    struct arllie_rows rows;
    void (*float_plan)(const struct arllie_float_model *model, void *plan);
    struct arllie_rows float_rows;
    struct arllie_formats formats;
};

extern const struct arllie_kernel arllie_kernel_portable;
extern const struct arllie_kernel arllie_kernel_sse41;
extern const struct arllie_kernel arllie_kernel_avx2;
extern const struct arllie_kernel arllie_kernel_avx512;
extern const struct arllie_kernel arllie_kernel_neon;
extern const struct arllie_kernel arllie_kernel_neon_dotprod;

const struct arllie_kernel *arllie_current_kernel(void);

#endif
