/* The one function of <math.h> that model.c needs, for a build without a C library. */
#ifndef ARLLIE_HVX_FREESTANDING_MATH_H
#define ARLLIE_HVX_FREESTANDING_MATH_H

static inline double fabs(double value) {
    return value < 0 ? -value : value;
}

#endif
