/* A model laid out for the vector instructions, once per picture. */
#ifndef ARLLIE_HVX_PLAN_H
#define ARLLIE_HVX_PLAN_H

#include <hexagon_types.h>
#include <hvx_hexagon_protos.h>

#include "../arllie.h"

#define VECTOR_BYTES 128
#define VECTOR_PIXELS 32
#define QUADS 7  /* the 27 taps of a channel in fours */
#define BRIGHTEST 65280

/* vlut16 takes 64 halfwords from one vector: entry e lies in half e / 32 of word e % 32. */
union lookup {
    uint16_t entries[2 * VECTOR_PIXELS];
    HVX_Vector vector;
};

struct plan {
    union lookup base;    /* the logistic table: value at a segment's start */
    union lookup slope;   /* ... and its change over the segment */
    union lookup reciprocal_base;
    union lookup reciprocal_slope;
    int64_t weights[QUADS][3]; /* [quad][output]: four signed low bytes, above them four signed high bytes */
    int32_t bias[3];
    int32_t shift;        /* S (plain), S - 4 (logistic) or h (curve) */
    int32_t limit;        /* least A (residual) or largest R (direct), in both halfwords */
    int32_t curve_whole, curve_fraction, curve_offset; /* in both halfwords */
};

void arllie_hvx_plan(const struct arllie_model *model, struct plan *plan);

#endif
