/* From features to the bounded convolution and curve; arllie_deploy/conditioning.py in C, in double precision. */
#include <math.h>
#include <string.h>

#include "../model.h"
#include "arllie_adaptive.h"

#define REACH 3.0
#define LEAST_DIAGONAL 0.05
#define LARGEST_CROSSTALK 0.4
#define LARGEST_BIAS 2.0
#define GAIN 1.5
#define GAIN_FACTOR 2.0
#define KNEE 0.5
#define KNEE_FACTOR 8.0
#define CENTER 4

/* What the head gives, in its order. */
struct outputs {
    double kernel[3][3][9]; /* [co][ci][ky * 3 + kx] */
    double bias[3];
    double log_gain, log_knee;
};

static double within(double value, double least, double most) {
    return fmin(fmax(value, least), most);
}

static int check_head(const struct arllie_head *head) {
    if (ARLLIE_IS_UNUSABLE(head))
        return ARLLIE_NULL_POINTER;
    if (head->version != ARLLIE_HEAD_VERSION || head->hidden < 1 || head->hidden > ARLLIE_MOST_HIDDEN)
        return ARLLIE_BAD_MODEL;
    const float *const arrays[] = {head->mean,        head->deviation,      head->hidden_weights,
                                   head->hidden_bias, head->output_weights, head->output_bias};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        if (ARLLIE_IS_UNUSABLE(arrays[i]))
            return ARLLIE_NULL_POINTER;
    return ARLLIE_OK;
}

static double unit(const float *weights, const double *inputs, int count, float bias) {
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += weights[i] * inputs[i];
    return sum + bias;
}

/* Whether all outputs are finite. */
static int perceive(const struct arllie_head *head, const double *features, double *outputs) {
    double standard[ARLLIE_FEATURES], hidden[ARLLIE_MOST_HIDDEN];
    int finite = 1;
    for (int i = 0; i < ARLLIE_FEATURES; i++) {
        standard[i] = (features[i] - head->mean[i]) / head->deviation[i];
        finite &= isfinite(features[i]) && head->deviation[i] > 0 && !isnan(standard[i]);
        standard[i] = within(standard[i], -REACH, REACH);
    }
    for (int i = 0; i < head->hidden; i++) {
        hidden[i] = unit(head->hidden_weights + i * ARLLIE_FEATURES, standard, ARLLIE_FEATURES, head->hidden_bias[i]);
        finite &= !!isfinite(hidden[i]);
        hidden[i] = fmax(hidden[i], 0.0);
    }
    for (int i = 0; i < ARLLIE_HEAD_OUTPUTS; i++) {
        outputs[i] = unit(head->output_weights + i * head->hidden, hidden, head->hidden, head->output_bias[i]);
        finite &= !!isfinite(outputs[i]);
    }
    return finite;
}

/* Moves the center taps so far that the channels mix within bounds. */
static void bound_channel(double kernel[3][9], int channel) {
    double mixing[3] = {0};
    for (int i = 0; i < 3; i++)
        for (int tap = 0; tap < 9; tap++)
            mixing[i] += kernel[i][tap];
    const double own = fmax(mixing[channel], LEAST_DIAGONAL), most = LARGEST_CROSSTALK * own;
    for (int i = 0; i < 3; i++)
        kernel[i][CENTER] += (i == channel ? own : within(mixing[i], -most, most)) - mixing[i];
}

int arllie_condition_on(const struct arllie_head *head, const double features[ARLLIE_FEATURES],
                        struct arllie_float_model *model) {
    struct arllie_float_model made = {.version = ARLLIE_MODEL_VERSION, .epilogue = ARLLIE_CURVE};
    double values[ARLLIE_HEAD_OUTPUTS];
    struct outputs outputs;
    _Static_assert(sizeof outputs == sizeof values, "the head's outputs in its order");
    if (ARLLIE_IS_UNUSABLE(model) || ARLLIE_IS_UNUSABLE(features))
        return ARLLIE_NULL_POINTER;
    int error = check_head(head);
    if (error)
        return error;
    if (!perceive(head, features, values))
        return ARLLIE_BAD_MODEL;
    memcpy(&outputs, values, sizeof outputs);
    for (int c = 0; c < 3; c++) {
        bound_channel(outputs.kernel[c], c);
        made.bias[c] = (float)within(outputs.bias[c], -LARGEST_BIAS, LARGEST_BIAS);
        for (int tap = 0; tap < 9; tap++)
            for (int i = 0; i < 3; i++)
                made.weights[c][3 * tap + i] = (float)outputs.kernel[c][i][tap];
    }
    made.gain = (float)(GAIN * exp(within(outputs.log_gain, -log(GAIN_FACTOR), log(GAIN_FACTOR))));
    made.knee = (float)(KNEE * exp(within(outputs.log_knee, -log(KNEE_FACTOR), log(KNEE_FACTOR))));
    error = arllie_check_float_model(&made);
    if (!error)
        *model = made;
    return error;
}

int arllie_condition(const struct arllie_head *head, const struct arllie_statistics *statistics,
                     struct arllie_clip *clip, struct arllie_conditioned *model) {
    struct arllie_clip now = {0};
    struct arllie_conditioned made = {0};
    double features[ARLLIE_FEATURES];
    if (ARLLIE_IS_UNUSABLE(model) || (clip && ARLLIE_IS_UNUSABLE(clip)))
        return ARLLIE_NULL_POINTER;
    if (clip)
        now = *clip;
    int error = arllie_features(statistics, features);
    if (!error)
        error = arllie_smooth(&now, features);
    if (!error)
        error = arllie_condition_on(head, now.smoothed, &made.real);
    if (error)
        return error;
    made.fits = arllie_curve_integers(&made.real, &made.integer) == ARLLIE_OK;
    if (clip)
        *clip = now;
    *model = made;
    return ARLLIE_OK;
}

int arllie_enhance_conditioned(const struct arllie_conditioned *model, const struct arllie_picture *from,
                               const struct arllie_picture *to, int threads, struct arllie_statistics *statistics) {
    if (ARLLIE_IS_UNUSABLE(model))
        return ARLLIE_NULL_POINTER;
    if (model->fits)
        return statistics ? arllie_enhance_with_statistics(&model->integer, from, to, threads, statistics)
                          : arllie_enhance(&model->integer, from, to, threads);
    return statistics ? arllie_enhance_float_with_statistics(&model->real, from, to, threads, statistics)
                      : arllie_enhance_float(&model->real, from, to, threads);
}
