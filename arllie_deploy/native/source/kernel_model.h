/* A model as the kernels keep it: what follows the sums, and weights as halves of eight bits. */
#ifndef ARLLIE_KERNEL_MODEL_H
#define ARLLIE_KERNEL_MODEL_H

#include "kernel.h"
#include "tables.h"

struct arllie_end {
    int32_t epilogue;
    int32_t shift; /* of the sums */
    int32_t limit; /* the model's floor: least illumination or largest gain */
    int32_t curve_whole, curve_fraction, curve_offset;
    const uint16_t *c0;
    const int16_t *c1;
};

static inline struct arllie_end arllie_end_of(const struct arllie_model *model) {
    const int direct = model->epilogue == ARLLIE_DIRECT, logistic = direct || model->epilogue == ARLLIE_RESIDUAL;
    return (struct arllie_end){
        .epilogue = model->epilogue,
        .shift = logistic ? model->shift - 4 : model->epilogue == ARLLIE_CURVE ? model->curve_shift : model->shift,
        .limit = model->floor,
        .curve_whole = model->curve_whole,
        .curve_fraction = model->curve_fraction,
        .curve_offset = model->curve_offset,
        .c0 = direct ? arllie_direct_c0 : arllie_residual_c0,
        .c1 = direct ? arllie_direct_c1 : arllie_residual_c1,
    };
}

/* weight = 256 * high + low, both int8. */
static inline int arllie_low_half(int weight) {
    return (int8_t)(uint8_t)weight;
}

/* Four taps' high (0) or low (1) halves in the bytes of a word. */
static inline int32_t arllie_four_halves(const int taps[4], int half) {
    uint32_t packed = 0;
    for (int i = 0; i < 4; i++) {
        const int low = arllie_low_half(taps[i]), part = half == 0 ? (taps[i] - low) / 256 : low;
        packed |= (uint32_t)(uint8_t)part << (8 * i);
    }
    return (int32_t)packed;
}

#endif
