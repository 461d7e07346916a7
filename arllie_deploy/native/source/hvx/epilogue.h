/* What follows the convolution: sums of two rows and their pixels to the bytes of two rows. */
#ifndef ARLLIE_HVX_EPILOGUE_H
#define ARLLIE_HVX_EPILOGUE_H

#include "divide.h"
#include "plan.h"
#include "vectors.h"

/* 32 pixels of two rows each. */
struct sums {
    HVX_Vector upper[3], lower[3];
};

struct pixels {
    HVX_Vector upper, lower;
};

/* The pixels' bytes as halfwords in the order of struct channels: red and green, blue and the fourth. */
struct halves {
    HVX_Vector red_green, blue_fourth;
};

INLINE struct halves split(struct pixels pixels) {
    return (struct halves){Q6_Vh_vshuffe_VhVh(pixels.lower, pixels.upper),
                           Q6_Vh_vshuffo_VhVh(pixels.lower, pixels.upper)};
}

INLINE struct pixels join(struct channels channels, struct halves old) {
    HVX_Vector red_green = Q6_Vub_vsat_VhVh(channels.green, channels.red);
    HVX_Vector blue_fourth = Q6_Vub_vsat_VhVh(Q6_Vuh_vlsr_VuhR(old.blue_fourth, 8), channels.blue);
    return (struct pixels){Q6_Vh_vshuffe_VhVh(blue_fourth, red_green), Q6_Vh_vshuffo_VhVh(blue_fourth, red_green)};
}

INLINE struct channels shifted(const struct sums *sums, int shift) {
    return (struct channels){
        Q6_Vh_vasr_VwVwR_sat(sums->lower[0], sums->upper[0], shift),
        Q6_Vh_vasr_VwVwR_sat(sums->lower[1], sums->upper[1], shift),
        Q6_Vh_vasr_VwVwR_sat(sums->lower[2], sums->upper[2], shift),
    };
}

INLINE HVX_VectorPair look_up_64(HVX_Vector index, HVX_Vector table) {
    HVX_VectorPair found = Q6_Wh_vlut16_VbVhI(index, table, 0);
    found = Q6_Wh_vlut16or_WhVbVhI(found, index, table, 1);
    found = Q6_Wh_vlut16or_WhVbVhI(found, index, table, 2);
    return Q6_Wh_vlut16or_WhVbVhI(found, index, table, 3);
}

INLINE HVX_Vector on_line(HVX_Vector value, HVX_Vector base, HVX_Vector slope) {
    HVX_Vector fraction = Q6_V_vand_VV(Q6_Vh_vasl_VhR(value, 5), splat(0x7F807F80));
    return Q6_Vh_vadd_VhVh(base, Q6_Vh_vmpy_VhVh_s1_rnd_sat(fraction, slope));
}

/* An epilogue's way through its steps, `QUADS` of them: each goes beside a seventh of a convolution, because Clang
 * reorders little over the distance of a whole one.
 */
struct work {
    struct channels value;
    struct halves old;
    HVX_VectorPair pair_base, pair_slope, blue_base, blue_slope;
    HVX_Vector pair_index, blue_index;
    struct channels logistic;
    struct division division;
    struct channels result;
};

INLINE void index_logistic(struct work *work) {
    HVX_Vector tops = Q6_Vb_vshuffo_VbVb(work->value.green, work->value.red);
    work->pair_index = Q6_V_vand_VV(Q6_Vuh_vlsr_VuhR(tops, 2), splat(0x3F3F3F3F));
    work->blue_index = Q6_Vuh_vlsr_VuhR(work->value.blue, 10);
}

/* Steps 0..3 of the two epilogues with a table. */
INLINE void logistic_step(const struct plan *plan, int step, struct work *work) {
    switch (step) {
    case 0:
        index_logistic(work);
        work->pair_base = look_up_64(work->pair_index, plan->base.vector);
        break;
    case 1:
        work->pair_slope = look_up_64(work->pair_index, plan->slope.vector);
        work->logistic.red = on_line(work->value.red, first(work->pair_base), first(work->pair_slope));
        work->logistic.green = on_line(work->value.green, second(work->pair_base), second(work->pair_slope));
        break;
    case 2:
        work->blue_base = look_up_64(work->blue_index, plan->base.vector);
        break;
    default:
        work->blue_slope = look_up_64(work->blue_index, plan->slope.vector);
        work->logistic.blue = on_line(work->value.blue, first(work->blue_base), first(work->blue_slope));
    }
}

INLINE HVX_Vector illumination(HVX_Vector scaled, HVX_Vector logistic_value, HVX_Vector least) {
    HVX_Vector sum = Q6_Vuh_vadd_VuhVuh_sat(scaled, logistic_value);
    return Q6_Vuh_vmax_VuhVuh(Q6_Vuh_vmin_VuhVuh(sum, splat(BRIGHTEST | BRIGHTEST << 16)), least);
}

INLINE void start_residual(const struct plan *plan, struct work *work) {
    HVX_Vector least = splat(plan->limit);
    struct halves old = work->old;
    work->division.a = (struct channels){
        illumination(Q6_Vh_vasl_VhR(old.red_green, 8), work->logistic.red, least),
        illumination(Q6_V_vand_VV(old.red_green, splat(0xFF00FF00)), work->logistic.green, least),
        illumination(Q6_Vh_vasl_VhR(old.blue_fourth, 8), work->logistic.blue, least),
    };
}

/* 255 x <= A: x = 255 makes A 65280, any other A is 256 x at least. */
INLINE struct channels residual_dividend(struct halves old) {
    HVX_VectorPair red_green = Q6_Wuh_vmpy_VubRub(old.red_green, -1), blue = Q6_Wuh_vmpy_VubRub(old.blue_fourth, -1);
    return (struct channels){first(red_green), second(red_green), first(blue)};
}

INLINE HVX_Vector scaled(HVX_Vector x, HVX_Vector factor, HVX_Vector largest) {
    HVX_VectorPair product = Q6_Wuw_vmpy_VuhVuh(x, Q6_Vuh_vmin_VuhVuh(factor, largest));
    return Q6_Vh_vasr_VwVwR_rnd_sat(second(product), first(product), 8);
}

INLINE struct channels direct(const struct plan *plan, struct channels factor, struct halves old) {
    HVX_Vector largest = splat(plan->limit), byte = splat(0x00FF00FF);
    return (struct channels){scaled(Q6_V_vand_VV(old.red_green, byte), factor.red, largest),
                             scaled(Q6_Vuh_vlsr_VuhR(old.red_green, 8), factor.green, largest),
                             scaled(Q6_V_vand_VV(old.blue_fourth, byte), factor.blue, largest)};
}

INLINE HVX_Vector curve_divisor(const struct plan *plan, HVX_Vector value) {
    HVX_VectorPair product = Q6_Wuw_vmpy_VuhVuh(value, splat(plan->curve_fraction));
    HVX_Vector fraction = Q6_Vh_vshuffo_VhVh(second(product), first(product));
    HVX_Vector whole = Q6_Vh_vmpyiacc_VhVhVh(splat(plan->curve_offset), value, splat(plan->curve_whole));
    return Q6_Vh_vadd_VhVh(whole, fraction);
}

/* uint16(sum >> shift), saturated; the narrowing instruction shifts by 15 at most. */
INLINE HVX_Vector curve_value(HVX_Vector lower, HVX_Vector upper, int shift) {
    int far = shift > 15 ? shift - 15 : 0;
    return Q6_Vuh_vasr_VwVwR_sat(Q6_Vw_vasr_VwR(lower, far), Q6_Vw_vasr_VwR(upper, far), shift - far);
}

INLINE void start_curve(const struct plan *plan, struct work *work) {
    struct channels value = work->value;
    struct channels divisor = {curve_divisor(plan, value.red), curve_divisor(plan, value.green),
                               curve_divisor(plan, value.blue)};
    work->division.a = divisor;
    /* A quotient of 256 or more is white, and a dividend as large as the divisor gives 256. */
    work->division.p = (struct channels){Q6_Vuh_vmin_VuhVuh(value.red, divisor.red),
                                         Q6_Vuh_vmin_VuhVuh(value.green, divisor.green),
                                         Q6_Vuh_vmin_VuhVuh(value.blue, divisor.blue)};
}

/* The first half of an epilogue: sums to 16 bits. */
INLINE struct channels narrowed(const struct plan *plan, int epilogue, const struct sums *sums) {
    if (epilogue != ARLLIE_CURVE)
        return shifted(sums, plan->shift);
    return (struct channels){curve_value(sums->lower[0], sums->upper[0], plan->shift),
                             curve_value(sums->lower[1], sums->upper[1], plan->shift),
                             curve_value(sums->lower[2], sums->upper[2], plan->shift)};
}

/* The second half of an epilogue: step 0..QUADS - 1 of it. */
INLINE void finish_step(const struct plan *plan, int epilogue, int step, struct work *work) {
    if (epilogue == ARLLIE_CURVE) {
        if (step == 1)
            start_curve(plan, work);
        else if (step == 3)
            normalize(&work->division);
        else if (step == 4)
            look_up_reciprocals(plan, &work->division);
        else if (step == 6)
            work->result = divide(&work->division);
    } else if (epilogue == ARLLIE_PLAIN) {
        if (step == 0)
            work->result = work->value;
    } else if (step < 4) {
        logistic_step(plan, step, work);
        if (epilogue == ARLLIE_RESIDUAL && step == 3)
            start_residual(plan, work);
    } else if (epilogue == ARLLIE_DIRECT) {
        if (step == 4)
            work->result = direct(plan, work->logistic, work->old);
    } else if (step == 4) {
        normalize(&work->division);
    } else if (step == 5) {
        look_up_reciprocals(plan, &work->division);
    } else {
        work->division.p = residual_dividend(work->old);
        work->result = divide(&work->division);
    }
}

INLINE struct pixels finished(const struct work *work) {
    return join(work->result, work->old);
}

#endif
