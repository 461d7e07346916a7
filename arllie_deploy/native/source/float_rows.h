/* The float32 pipeline's rows: the same plan and layout everywhere, one compilation of the arithmetic per width. */
#ifndef ARLLIE_FLOAT_ROWS_H
#define ARLLIE_FLOAT_ROWS_H

#include "arllie.h"

void arllie_float_plan(const struct arllie_float_model *model, void *plan);
size_t arllie_float_bytes(int32_t width);
void arllie_float_prepare(const uint8_t *rgb, int32_t width, void *row);

#define ARLLIE_FLOAT_ENHANCE(suffix)                                                                         \
    void arllie_float_enhance_##suffix(const void *plan, const void *above, const void *middle, const void *below, \
                                       int32_t width, uint8_t *rgb)

ARLLIE_FLOAT_ENHANCE(portable);
ARLLIE_FLOAT_ENHANCE(avx2);
ARLLIE_FLOAT_ENHANCE(avx512);

#endif
