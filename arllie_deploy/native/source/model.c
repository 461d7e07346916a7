#include "model.h"

#include <math.h>

#include "kernel.h"

#define LARGEST_WEIGHT 32639 /* 256 * 127 + 127: both halves fit int8 */
#define LARGEST_SUM (INT32_MAX - (1 << 24))

static int within(int32_t value, int32_t least, int32_t most) {
    return least <= value && value <= most;
}

/* Whether the curve's denominator stays within 16 bits up to the largest sum that the weights can reach. */
static int curve_fits(const struct arllie_model *model, int64_t largest) {
    if (!within(model->curve_shift, 0, 24) || !within(model->curve_whole, 0, 65535) ||
        !within(model->curve_fraction, 0, 65535) || !within(model->curve_offset, 1, 65535))
        return 0;
    int64_t u = largest >> model->curve_shift;
    u = u > 65535 ? 65535 : u;
    return u * model->curve_whole + ((u * model->curve_fraction) >> 16) + model->curve_offset <= 65535;
}

int arllie_check_model(const struct arllie_model *model) {
    if (ARLLIE_IS_UNUSABLE(model))
        return ARLLIE_NULL_POINTER;
    if (model->version != ARLLIE_MODEL_VERSION || !within(model->epilogue, ARLLIE_PLAIN, ARLLIE_CURVE) ||
        !within(model->shift, 4, 14) || model->reserved != 0)
        return ARLLIE_BAD_MODEL;
    int64_t largest = 0;
    for (int c = 0; c < 3; c++) {
        int64_t high = model->bias[c], low = high;
        for (int i = 0; i < ARLLIE_TAPS; i++) {
            if (!within(model->weights[c][i], -LARGEST_WEIGHT, LARGEST_WEIGHT))
                return ARLLIE_BAD_MODEL;
            if (model->weights[c][i] > 0)
                high += 255 * model->weights[c][i];
            else
                low += 255 * model->weights[c][i];
        }
        if (high > LARGEST_SUM || low < -LARGEST_SUM)
            return ARLLIE_BAD_MODEL;
        largest = high > largest ? high : largest;
    }
    if (model->epilogue == ARLLIE_CURVE)
        return curve_fits(model, largest) ? ARLLIE_OK : ARLLIE_BAD_MODEL;
    if (model->epilogue == ARLLIE_PLAIN)
        return ARLLIE_OK;
    return within(model->floor, model->epilogue == ARLLIE_DIRECT ? 256 : 1, ARLLIE_BRIGHTEST) ? ARLLIE_OK
                                                                                             : ARLLIE_BAD_MODEL;
}

int arllie_check_float_model(const struct arllie_float_model *model) {
    if (ARLLIE_IS_UNUSABLE(model))
        return ARLLIE_NULL_POINTER;
    if (model->version != ARLLIE_MODEL_VERSION || !within(model->epilogue, ARLLIE_PLAIN, ARLLIE_CURVE))
        return ARLLIE_BAD_MODEL;
    double magnitude = 0;
    for (int c = 0; c < 3; c++) {
        magnitude += fabs((double)model->bias[c]);
        for (int i = 0; i < ARLLIE_TAPS; i++)
            magnitude += fabs((double)model->weights[c][i]);
    }
    if (!(magnitude < 1e6)) /* neither NaN nor near the end of float32 */
        return ARLLIE_BAD_MODEL;
    if (model->epilogue == ARLLIE_CURVE)
        return model->gain > 0 && model->gain < 1e6f && model->knee > 0 && model->knee < 1e6f ? ARLLIE_OK
                                                                                             : ARLLIE_BAD_MODEL;
    if (model->epilogue != ARLLIE_PLAIN && !(model->epsilon > 0 && model->epsilon <= 1))
        return ARLLIE_BAD_MODEL;
    return ARLLIE_OK;
}
