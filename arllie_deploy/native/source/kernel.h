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

struct arllie_kernel {
    const char *name;
    int (*available)(void);
    /* Writes at most ARLLIE_PLAN_BYTES, aligned to ARLLIE_ALIGNMENT: the model as this kernel wants it. */
    void (*plan)(const struct arllie_model *model, void *plan);
    struct arllie_rows rows;
    void (*float_plan)(const struct arllie_float_model *model, void *plan);
    struct arllie_rows float_rows;
};

extern const struct arllie_kernel arllie_kernel_portable;
extern const struct arllie_kernel arllie_kernel_sse41;
extern const struct arllie_kernel arllie_kernel_avx2;
extern const struct arllie_kernel arllie_kernel_avx512;
extern const struct arllie_kernel arllie_kernel_neon;
extern const struct arllie_kernel arllie_kernel_neon_dotprod;

const struct arllie_kernel *arllie_current_kernel(void);

#endif
