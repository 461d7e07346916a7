/* What the kernel is given besides the model: the frames, and the constants of the logistic function. */
#ifndef ARLLIE_FRAMES_CUH
#define ARLLIE_FRAMES_CUH

#include <stdint.h>

#define ARLLIE_LOGISTIC_ENTRIES 64

/* The tables of tables.h that belong to the epilogue (residual, direct). */
struct arllie_logistic {
    uint16_t c0[ARLLIE_LOGISTIC_ENTRIES];
    int16_t c1[ARLLIE_LOGISTIC_ENTRIES];
};

/* RGB24 frames of one size in the GPU's memory; source and target share none of it. Strides are in bytes. */
struct arllie_frames {
    const uint8_t *source;
    uint8_t *target;
    int64_t source_row, source_frame;
    int64_t target_row, target_frame;
    int32_t width, height, count;
    int32_t strip;                  /* rows that a warp does before it takes its next piece, at least 1 */
};

#endif
