/* The integer pipeline on Hexagon: one fused pass over RGBX pictures (four bytes a pixel) with 128-byte HVX vectors. */
#ifndef ARLLIE_HVX_H
#define ARLLIE_HVX_H

#include "../arllie.h"

/* Enhances `from` into `to`; the fourth byte of a pixel is copied. Rows lie `stride` bytes apart and need no alignment
 * (128 is fastest). The pictures must not overlap; nothing outside of their rows is read or written. The thread must
 * hold an HVX context. Uses about 4 KiB of stack.
 */
int arllie_hvx_enhance(const struct arllie_model *model, int32_t width, int32_t height, const uint8_t *from,
                       ptrdiff_t from_stride, uint8_t *to, ptrdiff_t to_stride);

#endif
