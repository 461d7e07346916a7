#include "plan.h"

#include "../tables.h"
#include "reciprocal.h"

/* Which of the 27 taps [ky][kx][ci] are the four bytes of a quad; -1: none. The order is that of struct quads. */
static const int8_t taps[QUADS][4] = {
    {0, 1, 2, 6},    {3, 4, 5, 7},    /* row above: left pixel and right R, middle pixel and right G */
    {9, 10, 11, 15}, {12, 13, 14, 16},
    {18, 19, 20, 24}, {21, 22, 23, 25},
    {8, 17, 26, -1}, /* right B of the three rows */
};

static int32_t both_halves(int32_t value) {
    return (int32_t)((uint32_t)value << 16 | ((uint32_t)value & 0xFFFF));
}

static void enter(union lookup *table, int entry, int32_t value) {
    table->entries[2 * (entry % VECTOR_PIXELS) + entry / VECTOR_PIXELS] = (uint16_t)value;
}

static void plan_weights(const struct arllie_model *model, struct plan *plan) {
    for (int quad = 0; quad < QUADS; quad++) {
        for (int output = 0; output < 3; output++) {
            uint32_t low = 0, high = 0;
            for (int byte = 0; byte < 4; byte++) {
                int32_t weight = taps[quad][byte] < 0 ? 0 : model->weights[output][taps[quad][byte]];
                /* weight = 256 * high + low with both signed */
                low |= ((uint32_t)weight & 0xFF) << 8 * byte;
                high |= ((uint32_t)((weight + 128) >> 8) & 0xFF) << 8 * byte;
            }
            plan->weights[quad][output] = (int64_t)((uint64_t)high << 32 | low);
        }
    }
}

static void plan_logistic(const uint16_t *base, const int16_t *slope, struct plan *plan) {
    for (int entry = 0; entry < 64; entry++) {
        enter(&plan->base, entry, base[entry]);
        enter(&plan->slope, entry, slope[entry]);
    }
}

static void plan_reciprocal(struct plan *plan) {
    /* The upper bits of a normal divisor are 16..31. */
    for (int line = 0; line < RECIPROCAL_LINES; line++) {
        enter(&plan->reciprocal_base, RECIPROCAL_LINES + line, reciprocal_base[line]);
        enter(&plan->reciprocal_slope, RECIPROCAL_LINES + line, reciprocal_slope[line]);
    }
}

void arllie_hvx_plan(const struct arllie_model *model, struct plan *plan) {
    plan_weights(model, plan);
    plan_reciprocal(plan);
    for (int output = 0; output < 3; output++)
        plan->bias[output] = model->bias[output];
    plan->shift = model->shift - 4;
    plan->limit = both_halves(model->floor);
    switch (model->epilogue) {
    case ARLLIE_RESIDUAL:
        plan_logistic(arllie_residual_c0, arllie_residual_c1, plan);
        /* Below 256 only x = 0 is left, and 0 divided by anything is 0. */
        if (model->floor < 256)
            plan->limit = both_halves(256);
        break;
    case ARLLIE_DIRECT:
        plan_logistic(arllie_direct_c0, arllie_direct_c1, plan);
        break;
    case ARLLIE_CURVE:
        plan->shift = model->curve_shift;
        break;
    default:
        plan->shift = model->shift;
    }
    plan->curve_whole = both_halves(model->curve_whole);
    plan->curve_fraction = both_halves(model->curve_fraction);
    plan->curve_offset = both_halves(model->curve_offset);
}
