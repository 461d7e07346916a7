/* A runner with an adaptive model, which looks at each frame before it enhances it. */
#include <stdio.h>

#include "adaptive/arllie_adaptive.h"
#include "runner.h"

/* Made for each model. */
const struct arllie_head *arllie_artifact_head(void);

static struct arllie_statistics statistics;
static struct arllie_conditioned model;

const char *runner_refusal(const struct request *request) {
    (void)request;
    return "a request of one model for every frame, and the one inside makes a model for each; export a runner of that";
}

int runner_enhance(const struct arllie_picture *from, const struct arllie_picture *to) {
    int error = arllie_frame_statistics(from, &statistics);
    if (!error)
        error = arllie_condition(arllie_artifact_head(), &statistics, NULL, &model);
    return error ? error : arllie_enhance_conditioned(&model, from, to, 1, NULL);
}

static void print_floats(const char *name, const float *numbers, int count) {
    printf("\"%s\": [", name);
    for (int i = 0; i < count; i++)
        printf("%s%.9g", i ? ", " : "", numbers[i]);
    printf("], ");
}

void runner_tell(void) {
    double features[ARLLIE_FEATURES];
    if (arllie_features(&statistics, features))
        return;
    printf("{\"features\": [");
    for (int i = 0; i < ARLLIE_FEATURES; i++)
        printf("%s%.17g", i ? ", " : "", features[i]);
    printf("]}\n{\"conditioned\": {");
    print_floats("weights", model.real.weights[0], 3 * ARLLIE_TAPS);
    print_floats("bias", model.real.bias, 3);
    printf("\"gain\": %.9g, \"knee\": %.9g, \"fits\": %d}}\n", model.real.gain, model.real.knee, (int)model.fits);
}
