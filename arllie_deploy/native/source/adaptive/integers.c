/* The integer form of a model with a curve, and the proof that it is within 1 level of it; `quantize` of
 * arllie_deploy/native/integer.py and integer_curve.py in C: the same numbers from the same model.
 */
#include <math.h>

#include "../model.h"
#include "arllie_adaptive.h"

#define LARGEST_WEIGHT 32639
#define SMALLEST_SHIFT 4
#define LARGEST_SHIFT 14
#define LARGEST_CURVE_SHIFT 24
#define LARGEST_SUM (2147483648.0 - 16777216.0)
#define LARGEST 65535
#define MARGIN 1e-6

/* The convolution in integers, before the epilogue's term joins the bias. */
struct sums {
    int shift;
    double unit;      /* the sum that stands for u = 1 */
    double bias[3];   /* with the middle of the weights' rounding errors taken off */
    double spread[3]; /* how far the errors go to both sides of their middle */
    double high[3];   /* of the products, over all frames */
    double low[3];
};

struct curve {
    int shift;
    int64_t whole, fraction, offset, top;
    double unit, gain, knee;
};

/* The finest one with which the largest weight fits 16 bits, -1 without any. */
static int shift_of(double largest) {
    for (int shift = LARGEST_SHIFT; shift >= SMALLEST_SHIFT; shift--)
        if (rint(ldexp(largest, shift)) <= LARGEST_WEIGHT)
            return shift;
    return -1;
}

/* Comparisons and not fmax: on that, in this loop, GCC 12 for AArch64 ends with an internal error. */
static double largest_weight(const struct arllie_float_model *real) {
    double largest = 0;
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < ARLLIE_TAPS; i++)
            if (fabs((double)real->weights[c][i]) > largest)
                largest = fabs((double)real->weights[c][i]);
    return largest;
}

/* The curve can be told any unit of the sums: the largest weight takes all of its 16 bits. */
static int round_weights(const struct arllie_float_model *real, struct arllie_model *model, struct sums *sums) {
    const double largest = largest_weight(real);
    int shift = shift_of(largest);
    if (shift < 0)
        return 0;
    const double scale = largest > 1.0 ? LARGEST_WEIGHT / ldexp(largest, shift) : 1.0;
    shift = shift_of(scale * largest);
    if (shift < 0)
        return 0;
    *sums = (struct sums){.shift = shift, .unit = ldexp(255.0, shift) * scale};
    for (int c = 0; c < 3; c++) {
        double middle = 0, width = 0;
        for (int i = 0; i < ARLLIE_TAPS; i++) {
            const double exact = ldexp(scale * real->weights[c][i], shift), weight = rint(exact);
            model->weights[c][i] = (int16_t)weight;
            middle += 255.0 * (weight - exact);
            width += fabs(255.0 * (weight - exact));
            sums->high[c] += 255.0 * fmax(weight, 0.0);
            sums->low[c] += 255.0 * fmin(weight, 0.0);
        }
        sums->bias[c] = sums->unit * real->bias[c] - middle / 2;
        sums->spread[c] = width / 2;
    }
    return 1;
}

/* The bias plus `term` in integers; the error of the sums, negative where they do not fit 32 bits. */
static double round_bias(const struct sums *sums, double term, int32_t bias[3]) {
    double spread = 0;
    for (int c = 0; c < 3; c++) {
        const double exact = sums->bias[c] + term, rounded = rint(exact);
        if (!(fmax(sums->high[c] + rounded, -(sums->low[c] + rounded)) < LARGEST_SUM))
            return -1;
        bias[c] = (int32_t)rounded;
        spread = fmax(spread, sums->spread[c] + fabs(rounded - exact));
    }
    return spread;
}

static int64_t divisor(const struct curve *curve, int64_t u) {
    return u * curve->whole + (u * curve->fraction >> 16) + curve->offset;
}

/* One more than the rounded sum, for the rounding of the bias; as far as it is not saturated. */
static int64_t top_of(double largest) {
    const double top = trunc(largest + 0.5) + 1.0;
    return top < 0 ? 0 : top > LARGEST ? LARGEST : (int64_t)top;
}

/* The finest curve whose U holds all sums that matter. */
static int fit_curve(const struct sums *sums, double gain, double knee, struct curve *curve) {
    const double ratio = 256.0 / fmax(255.0 * gain, 1e-9), white = gain > 1.0 ? knee / (gain - 1.0) : INFINITY;
    double largest = -INFINITY;
    for (int c = 0; c < 3; c++)
        largest = fmax(largest, sums->high[c] + sums->bias[c]);
    if (ratio > LARGEST)
        return 0;
    *curve = (struct curve){.whole = (int64_t)ratio, .gain = gain, .knee = knee};
    const int64_t fraction = (int64_t)rint((ratio - curve->whole) * 65536);
    curve->whole += fraction >> 16;
    curve->fraction = fraction & 0xFFFF;
    for (; curve->shift <= LARGEST_CURVE_SHIFT; curve->shift++) {
        const double step = ldexp(sums->unit, -curve->shift);
        curve->top = top_of(ldexp(largest, -curve->shift));
        /* The fraction's product is rounded down: half a step too little on average. */
        curve->offset = (int64_t)fmax(1.0, rint(knee * step * ratio + (curve->fraction ? 0.5 : 0.0)));
        curve->unit = step;
        if ((curve->top < LARGEST || white * step <= LARGEST) && divisor(curve, curve->top) <= LARGEST)
            return 1;
    }
    return 0;
}

/* The result is off by what D's three roundings lose; with the least possible D that is most at one place, and the curve
 * is steepest at 0. */
static double bound_by_slope(const struct curve *curve, double spread) {
    const double lost = 1.5 + ldexp((double)curve->top, -17), rest = curve->offset - 2.0 * lost;
    const double ratio = 256.0 / (255.0 * curve->gain);
    if (rest <= 0.0)
        return INFINITY;
    return 255.0 * curve->gain / curve->knee * (0.5 + spread) / curve->unit + 256.0 * lost / (4.0 * ratio * rest) +
           MARGIN;
}

static double levels(const struct curve *curve, double u) {
    return fmin(255.0, 255.0 * curve->gain * (isinf(u) ? 1.0 : u / (u + curve->knee)));
}

static double error_at(const struct curve *curve, double spread, int64_t u) {
    const double result = fmin(255.0, 256.0 * (double)u / (double)divisor(curve, u));
    const double low = fmax((u - 0.5 - spread) / curve->unit, 0.0);
    /* Saturation, or a negative sum that became 0, stands for everything beyond. */
    const double high = u == LARGEST ? INFINITY : fmax((u + 0.5 + spread) / curve->unit, 0.0);
    return fmax(fabs(levels(curve, low) - result), fabs(levels(curve, high) - result));
}

static int is_within_a_level(const struct curve *curve, double spread) {
    for (int64_t u = 0; u <= curve->top; u++)
        if (!(error_at(curve, spread, u) + MARGIN <= 1.0))
            return 0;
    return 1;
}

int arllie_curve_integers(const struct arllie_float_model *real, struct arllie_model *integer) {
    struct arllie_model made = {.version = ARLLIE_MODEL_VERSION, .epilogue = ARLLIE_CURVE};
    struct sums sums;
    struct curve curve;
    if (ARLLIE_IS_UNUSABLE(integer))
        return ARLLIE_NULL_POINTER;
    int error = arllie_check_float_model(real);
    if (error)
        return error;
    if (real->epilogue != ARLLIE_CURVE || !round_weights(real, &made, &sums) ||
        !fit_curve(&sums, real->gain, real->knee, &curve))
        return ARLLIE_BAD_MODEL;
    double spread = round_bias(&sums, curve.shift ? ldexp(1.0, curve.shift - 1) : 0.0, made.bias);
    if (spread < 0)
        return ARLLIE_BAD_MODEL;
    spread = ldexp(spread, -curve.shift);
    /* All U are looked at only where the cheap bound does not decide. */
    if (!(bound_by_slope(&curve, spread) <= 1.0 || is_within_a_level(&curve, spread)))
        return ARLLIE_BAD_MODEL;
    made.shift = sums.shift;
    made.curve_shift = curve.shift;
    made.curve_whole = (int32_t)curve.whole;
    made.curve_fraction = (int32_t)curve.fraction;
    made.curve_offset = (int32_t)curve.offset;
    error = arllie_check_model(&made);
    if (!error)
        *integer = made;
    return error;
}
