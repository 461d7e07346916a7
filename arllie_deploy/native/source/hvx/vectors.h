/* Short names for the operations that several files use; a pair's first vector belongs to the even elements. */
#ifndef ARLLIE_HVX_VECTORS_H
#define ARLLIE_HVX_VECTORS_H

#include <hexagon_types.h>
#include <hvx_hexagon_protos.h>

#define INLINE static inline __attribute__((always_inline))

INLINE HVX_Vector first(HVX_VectorPair pair) {
    return Q6_V_lo_W(pair);
}

INLINE HVX_Vector second(HVX_VectorPair pair) {
    return Q6_V_hi_W(pair);
}

INLINE HVX_Vector splat(int32_t word) {
    return Q6_V_vsplat_R(word);
}

/* Three channels of 64 pixels, in halfwords: the even ones are of one row, the odd ones of the row below it. */
struct channels {
    HVX_Vector red, green, blue;
};

#endif
