/* Adaptive models with a curve in C: from what a frame looks like to the model for it, without Python.
 *
 *     arllie_frame_statistics(&picture, &statistics);           of the first frame
 *     for each frame:
 *         arllie_condition(&head, &statistics, &clip, &model);
 *         arllie_enhance_conditioned(&model, &picture, &picture, 1, &statistics);
 *
 * A call that returns anything but ARLLIE_OK has touched nothing. Needs the C library's mathematics (-lm).
 */
#ifndef ARLLIE_ADAPTIVE_H
#define ARLLIE_ADAPTIVE_H

#include "../arllie.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ARLLIE_HEAD_VERSION 1
#define ARLLIE_FEATURES 23
#define ARLLIE_BINS 16               /* of the histogram, the first features */
#define ARLLIE_HEAD_OUTPUTS 86       /* 81 weights, 3 biases, the curve's gain and knee */
#define ARLLIE_MOST_HIDDEN 128

/* A perceptron of one hidden layer. */
struct arllie_head {
    int32_t version;                 /* ARLLIE_HEAD_VERSION */
    int32_t hidden;                  /* units, 1..ARLLIE_MOST_HIDDEN */
    const float *mean, *deviation;   /* of the features of the training pictures */
    const float *hidden_weights;     /* [hidden][ARLLIE_FEATURES] */
    const float *hidden_bias;        /* [hidden] */
    const float *output_weights;     /* [ARLLIE_HEAD_OUTPUTS][hidden]: [co][ci][ky][kx], then the others */
    const float *output_bias;        /* [ARLLIE_HEAD_OUTPUTS] */
};

/* What is remembered of a clip; all zeros before its first frame. */
struct arllie_clip {
    int32_t is_started;
    int32_t reserved;
    double smoothed[ARLLIE_FEATURES];
    double last[ARLLIE_FEATURES];    /* of the frame before */
};

/* A model for one frame. */
struct arllie_conditioned {
    struct arllie_float_model real;
    struct arllie_model integer;
    int32_t fits; /* 1: the integers are proven to be within 1 level of the exact result; 0: there are none */
};

/* The model for a frame of these statistics, or in a clip for the next one: there they are smoothed over time, and start
 * over at a cut. `clip` is null for a picture of its own. ARLLIE_BAD_SIZE for statistics that no picture has,
 * ARLLIE_BAD_MODEL for a head that is damaged or of another version. */
ARLLIE_API int arllie_condition(const struct arllie_head *head, const struct arllie_statistics *statistics,
                                struct arllie_clip *clip, struct arllie_conditioned *model);

/* Enhances in integers where they fit, else in float32. `statistics` may be null, else is filled as
 * arllie_enhance_with_statistics does. */
ARLLIE_API int arllie_enhance_conditioned(const struct arllie_conditioned *model, const struct arllie_picture *from,
                                          const struct arllie_picture *to, int threads,
                                          struct arllie_statistics *statistics);

/* The steps of arllie_condition. The features are those of arllie_deploy/statistics.py in its order. */
ARLLIE_API int arllie_features(const struct arllie_statistics *statistics, double features[ARLLIE_FEATURES]);

ARLLIE_API int arllie_smooth(struct arllie_clip *clip, const double features[ARLLIE_FEATURES]);

ARLLIE_API int arllie_condition_on(const struct arllie_head *head, const double features[ARLLIE_FEATURES],
                                   struct arllie_float_model *model);

/* The integers of a model with a curve; ARLLIE_BAD_MODEL where none are proven to be within 1 level of it. */
ARLLIE_API int arllie_curve_integers(const struct arllie_float_model *real, struct arllie_model *integer);

#ifdef __cplusplus
}
#endif
#endif
