/* The float32 pipeline's plan and rows, the same for all instruction sets. */
#ifndef ARLLIE_FLOAT_ROWS_H
#define ARLLIE_FLOAT_ROWS_H

#include "arllie.h"

#define ARLLIE_FLOAT_CHUNK 96 /* pixels at a time */
#define ARLLIE_FLOAT_LEFT 16  /* zeros before the pixels, and behind their whole chunks */

struct arllie_float_plan {
    float weights[ARLLIE_TAPS][3]; /* of bytes */
    float bias[3];                 /* sums are u (curve), 255 * u (plain) or log2(exp(-u)) */
    float least;                   /* illumination */
    float gain;                    /* to levels */
    float knee;
    int32_t epilogue;
};

void arllie_make_float_plan(const struct arllie_float_model *model, void *plan);

/* The floats of one of a row's three planes. */
size_t arllie_float_plane(int32_t width);

size_t arllie_float_bytes(int32_t width);

#endif
