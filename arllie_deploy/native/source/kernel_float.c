/* What the float32 pipeline for models that the integers refuse keeps: the arithmetic is float_vector.h. */
#include "float_rows.h"
#include "kernel.h"

_Static_assert(sizeof(struct arllie_float_plan) <= ARLLIE_PLAN_BYTES, "the plan outgrew its memory");

void arllie_make_float_plan(const struct arllie_float_model *model, void *memory) {
    struct arllie_float_plan *plan = memory;
    const int logistic = model->epilogue == ARLLIE_RESIDUAL || model->epilogue == ARLLIE_DIRECT;
    const double unit = logistic ? -1.4426950408889634 : model->epilogue == ARLLIE_PLAIN ? 255.0 : 1.0;
    for (int c = 0; c < 3; c++) {
        plan->bias[c] = (float)(unit * model->bias[c]);
        for (int i = 0; i < ARLLIE_TAPS; i++)
            plan->weights[i][c] = (float)(unit / 255 * model->weights[c][i]);
    }
    plan->least = model->epsilon;
    plan->gain = 255.0f * model->gain;
    plan->knee = model->knee;
    plan->epilogue = model->epilogue;
}

size_t arllie_float_plane(int32_t width) {
    const size_t chunks = ((size_t)width + ARLLIE_FLOAT_CHUNK - 1) / ARLLIE_FLOAT_CHUNK;
    return ARLLIE_FLOAT_LEFT + chunks * ARLLIE_FLOAT_CHUNK + ARLLIE_FLOAT_LEFT;
}

size_t arllie_float_bytes(int32_t width) {
    return 3 * arllie_float_plane(width) * sizeof(float);
}
