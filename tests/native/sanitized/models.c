#include "models.h"

#include <stdlib.h>

#include "draw.h"

#define LARGEST_WEIGHT 32639
#define LARGEST_SUM (INT32_MAX - (1 << 24))

static int64_t between(uint64_t *state, int64_t least, int64_t most) {
    return least + (int64_t)(next_random(state) % ((uint64_t)(most - least) + 1));
}

static void draw_weights(uint64_t *state, struct arllie_model *model) {
    const int kind = (int)between(state, 0, 3);
    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < ARLLIE_TAPS; i++) {
            const int64_t weight = kind == 0   ? between(state, -2000, 2000)
                                   : kind == 1 ? between(state, -LARGEST_WEIGHT, LARGEST_WEIGHT)
                                   : kind == 2 ? between(state, 0, 1) * 2 * LARGEST_WEIGHT - LARGEST_WEIGHT
                                               : (c == 1 ? -LARGEST_WEIGHT : LARGEST_WEIGHT);
            model->weights[c][i] = (int16_t)weight;
        }
    }
}

/* The bias that goes as far as the sums may, one that is small, or any. Returns the largest sum. */
static int64_t draw_bias(uint64_t *state, struct arllie_model *model) {
    const int kind = (int)between(state, 0, 3);
    int64_t largest = 0;
    for (int c = 0; c < 3; c++) {
        int64_t high = 0, low = 0;
        for (int i = 0; i < ARLLIE_TAPS; i++) {
            const int weight = model->weights[c][i];
            high += weight > 0 ? 255 * weight : 0;
            low += weight < 0 ? 255 * weight : 0;
        }
        const int64_t most = LARGEST_SUM - high, least = -LARGEST_SUM - low;
        const int64_t bias = kind == 0   ? most
                             : kind == 1 ? least
                             : kind == 2 ? between(state, -100000, 100000)
                                         : between(state, least, most);
        model->bias[c] = (int32_t)bias;
        largest = high + bias > largest ? high + bias : largest;
    }
    return largest;
}

/* Constants whose denominator reaches, or nearly reaches, 65535 at the largest sum. */
static void draw_curve(uint64_t *state, struct arllie_model *model, int64_t largest) {
    model->curve_shift = (int32_t)between(state, 0, 24);
    int64_t u = largest >> model->curve_shift;
    u = u > 65535 ? 65535 : u < 1 ? 1 : u;
    model->curve_offset = (int32_t)(between(state, 0, 3) ? between(state, 1, 65535) : 1);
    const int64_t room = 65535 - model->curve_offset, whole = room / u;
    model->curve_whole = (int32_t)(between(state, 0, 1) ? whole : between(state, 0, whole));
    const int64_t fraction = (((room - u * model->curve_whole + 1) << 16) - 1) / u;
    model->curve_fraction = (int32_t)(fraction > 65535 ? 65535 : fraction);
}

struct arllie_model integer_model(int epilogue, uint64_t seed) {
    struct arllie_model model = {.version = ARLLIE_MODEL_VERSION, .epilogue = epilogue};
    model.shift = (int32_t)between(&seed, 4, 14);
    draw_weights(&seed, &model);
    const int64_t largest = draw_bias(&seed, &model);
    draw_curve(&seed, &model, largest);
    const int64_t least = epilogue == ARLLIE_DIRECT ? 256 : 1;
    const int64_t floors[] = {least, 257, 65280, between(&seed, least, 65280)};
    model.floor = (int32_t)floors[between(&seed, 0, 3)];
    return model;
}

struct arllie_float_model float_model(int epilogue, uint64_t seed) {
    static const float SIZES[] = {0.01f, 0.4f, 16.0f, 10000.0f};
    static const float CONSTANTS[] = {1e-30f, 0.004f, 0.3f, 1.0f};
    struct arllie_float_model model = {.version = ARLLIE_MODEL_VERSION, .epilogue = epilogue};
    const float size = SIZES[between(&seed, 0, 3)];
    for (int c = 0; c < 3; c++) {
        model.bias[c] = size * (float)between(&seed, -1000, 1000) / 1000;
        for (int i = 0; i < ARLLIE_TAPS; i++)
            model.weights[c][i] = size * (float)between(&seed, -1000, 1000) / 1000;
    }
    model.epsilon = CONSTANTS[between(&seed, 0, 3)];
    model.gain = CONSTANTS[between(&seed, 0, 3)] * (float)between(&seed, 1, 999999);
    model.knee = CONSTANTS[between(&seed, 0, 3)] * (float)between(&seed, 1, 999999);
    return model;
}
