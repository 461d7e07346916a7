/* The end of a kernel's file: rows compiled once per epilogue, and the table of its functions.
 *
 * The including file defines NAME, SYMBOL, TARGET, INLINE, FLOAT_LANES, FLOAT_VECTORS, available(), make_plan(),
 * row_bytes(), prepare() and an always inlined row_of() that takes the epilogue as a constant.
 */
#include "pixels.h"

#include "float_vector.h"
#include "nv12.h"

TARGET static void enhance(const void *memory, const void *above, const void *middle, const void *below, int32_t width,
                           uint8_t *rgb) {
    const struct plan *plan = memory;
    const void *const rows[3] = {above, middle, below};
    if (plan->end.epilogue == ARLLIE_RESIDUAL)
        row_of(plan, ARLLIE_RESIDUAL, rows, width, rgb);
    else if (plan->end.epilogue == ARLLIE_DIRECT)
        row_of(plan, ARLLIE_DIRECT, rows, width, rgb);
    else if (plan->end.epilogue == ARLLIE_CURVE)
        row_of(plan, ARLLIE_CURVE, rows, width, rgb);
    else
        row_of(plan, ARLLIE_PLAIN, rows, width, rgb);
}

const struct arllie_kernel SYMBOL = {
    NAME,
    available,
    make_plan,
    {row_bytes, prepare, enhance},
    arllie_make_float_plan,
    {arllie_float_bytes, float_prepare, float_enhance},
    {pack, unpack, decode_nv12, encode_luma, encode_chroma},
};
