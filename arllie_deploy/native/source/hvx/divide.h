/* Exact division in 16-bit lanes. */
#ifndef ARLLIE_HVX_DIVIDE_H
#define ARLLIE_HVX_DIVIDE_H

#include "plan.h"
#include "vectors.h"


/* The divisor shifted to 2^14 .. 2^15 - 1: right by 1 - (leading zeros). */
INLINE HVX_Vector shift_of(HVX_Vector divisor) {
    return Q6_Vh_vsub_VhVh(splat(0x00010001), Q6_Vuh_vcl0_Vuh(divisor));
}

INLINE struct channels look_up_16(const struct channels *normal, HVX_Vector table) {
    HVX_Vector tops = Q6_Vb_vshuffo_VbVb(normal->green, normal->red);
    HVX_Vector pair_index = Q6_V_vand_VV(Q6_Vuh_vlsr_VuhR(tops, 2), splat(0x1F1F1F1F));
    HVX_Vector blue_index = Q6_Vuh_vlsr_VuhR(normal->blue, 10);
    HVX_VectorPair red_green = Q6_Wh_vlut16_VbVhI(pair_index, table, 1);
    HVX_VectorPair blue = Q6_Wh_vlut16_VbVhI(blue_index, table, 1);
    return (struct channels){first(red_green), second(red_green), first(blue)};
}

/* floor((256 p + a / 2) / a) for 0 <= p <= a, 1 <= a <= 65535; `normal` and `shift` are of a, base and slope of normal.
 *
 * An estimate y' of y = 256 p / a that is less than 1/2 off makes n = ceil(y') the quotient q or q + 1. The sign of
 * 512 p - (2 n - 1) a decides; its quarter, rounded down, has the same sign and fits 16 bits, so that its other terms
 * need no more of them. tests/native/test_hexagon.py checks both claims for every divisor.
 */
INLINE HVX_Vector divided(HVX_Vector p, HVX_Vector a, HVX_Vector shift, HVX_Vector normal, HVX_Vector base,
                          HVX_Vector slope) {
    HVX_Vector reciprocal = Q6_Vh_vadd_VhVh(base, Q6_Vh_vmpy_VhVh_s1_rnd_sat(normal, slope));
    HVX_Vector estimate = Q6_Vh_vmpy_VhVh_s1_rnd_sat(Q6_Vh_vlsr_VhVh(p, shift), reciprocal); /* -32 y' */
    HVX_Vector odd = Q6_V_vor_VV(Q6_Vh_vasr_VhR(estimate, 4), splat(0x00010001));            /* 1 - 2 n */
    HVX_VectorPair product = Q6_Ww_vmpy_VhVuh(odd, a);
    HVX_Vector quarter = Q6_Vh_vasr_VwVwR(second(product), first(product), 2);
    HVX_Vector sign = Q6_Vh_vasr_VhR(Q6_Vh_vaslacc_VhVhR(quarter, p, 7), 15);
    return Q6_Vh_vsub_VhVh(sign, Q6_Vh_vasr_VhR(estimate, 5));
}

/* A division in three steps, so that other work can go between them. */
struct division {
    struct channels p, a, shift, normal, base, slope;
};

INLINE void normalize(struct division *d) {
    d->shift = (struct channels){shift_of(d->a.red), shift_of(d->a.green), shift_of(d->a.blue)};
    d->normal = (struct channels){Q6_Vh_vlsr_VhVh(d->a.red, d->shift.red), Q6_Vh_vlsr_VhVh(d->a.green, d->shift.green),
                                  Q6_Vh_vlsr_VhVh(d->a.blue, d->shift.blue)};
}

INLINE void look_up_reciprocals(const struct plan *plan, struct division *d) {
    d->base = look_up_16(&d->normal, plan->reciprocal_base.vector);
    d->slope = look_up_16(&d->normal, plan->reciprocal_slope.vector);
}

INLINE struct channels divide(const struct division *d) {
    return (struct channels){
        divided(d->p.red, d->a.red, d->shift.red, d->normal.red, d->base.red, d->slope.red),
        divided(d->p.green, d->a.green, d->shift.green, d->normal.green, d->base.green, d->slope.green),
        divided(d->p.blue, d->a.blue, d->shift.blue, d->normal.blue, d->base.blue, d->slope.blue),
    };
}

#endif
