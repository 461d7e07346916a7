/* What an adaptive model knows of a frame; arllie_deploy/statistics.py and temporal.py in C. */
#include <math.h>
#include <string.h>

#include "../model.h"
#include "arllie_adaptive.h"

#define MOST_PLACES (ARLLIE_PLACES * ARLLIE_PLACES)
#define FLOOR 0.01
#define SHARE 0.12
#define CUT 0.35

static int is_of_a_picture(const struct arllie_statistics *statistics) {
    const int32_t pixels = statistics->pixels;
    if (statistics->rows < 1 || statistics->rows > ARLLIE_PLACES || statistics->columns < 1 ||
        statistics->columns > ARLLIE_PLACES || (pixels != 1 && pixels != 4 && pixels != 9 && pixels != 16))
        return 0;
    for (int c = 0; c < 3; c++)
        for (int32_t i = 0; i < statistics->rows * statistics->columns; i++)
            if (statistics->sums[c][i] > 255 * pixels)
                return 0;
    return 1;
}

/* Each sample is shared between the two nearest bins of its square root. */
static void count(const double *luminance, int places, double histogram[ARLLIE_BINS]) {
    for (int bin = 0; bin < ARLLIE_BINS; bin++)
        histogram[bin] = 0;
    for (int i = 0; i < places; i++) {
        const double place = sqrt(luminance[i]) * (ARLLIE_BINS - 1);
        const int lower = place < ARLLIE_BINS - 2 ? (int)place : ARLLIE_BINS - 2;
        const double share = fmin(place - lower, 1.0);
        histogram[lower] += 1.0 - share;
        histogram[lower + 1] += share;
    }
    for (int bin = 0; bin < ARLLIE_BINS; bin++)
        histogram[bin] /= places;
}

/* Hoare's selection: afterwards values[wanted] is what sorting would put there, smaller ones before it. */
static double nth(double *values, int first, int last, int wanted) {
    while (first < last) {
        const double pivot = values[first + (last - first) / 2];
        int low = first, high = last;
        while (low <= high) {
            while (values[low] < pivot)
                low++;
            while (values[high] > pivot)
                high--;
            if (low <= high) {
                const double value = values[low];
                values[low++] = values[high];
                values[high--] = value;
            }
        }
        if (wanted <= high)
            last = high;
        else if (wanted >= low)
            first = low;
        else
            break;
    }
    return values[wanted];
}

int arllie_features(const struct arllie_statistics *statistics, double features[ARLLIE_FEATURES]) {
    static const double LUMA[3] = {0.299, 0.587, 0.114}, PERCENTS[] = {10, 50, 90, 99};
    double luminance[MOST_PLACES], *next = features + ARLLIE_BINS;
    if (ARLLIE_IS_UNUSABLE(statistics) || ARLLIE_IS_UNUSABLE(features))
        return ARLLIE_NULL_POINTER;
    if (!is_of_a_picture(statistics))
        return ARLLIE_BAD_SIZE;
    const int places = statistics->rows * statistics->columns;
    const double white = 255.0 * statistics->pixels;
    for (int i = 0; i < places; i++)
        luminance[i] = 0;
    for (int c = 0; c < 3; c++) {
        double total = 0;
        for (int i = 0; i < places; i++) {
            total += statistics->sums[c][i];
            luminance[i] += LUMA[c] * (statistics->sums[c][i] / white);
        }
        *next++ = log(FLOOR + total / (white * places));
    }
    count(luminance, places, features);
    for (int i = 0, first = 0; i < 4; i++) {
        const int wanted = (int)rint(PERCENTS[i] / 100.0 * (places - 1));
        *next++ = log(FLOOR + nth(luminance, first, places - 1, wanted));
        first = wanted;
    }
    return ARLLIE_OK;
}

/* Whether the cumulated histograms are too far apart for one scene. */
static int is_cut(const double *before, const double *after) {
    double gap = 0, difference = 0;
    for (int bin = 0; bin < ARLLIE_BINS; bin++) {
        difference += before[bin] - after[bin];
        gap = fmax(gap, fabs(difference));
    }
    return gap > CUT;
}

int arllie_smooth(struct arllie_clip *clip, const double features[ARLLIE_FEATURES]) {
    if (ARLLIE_IS_UNUSABLE(clip) || ARLLIE_IS_UNUSABLE(features))
        return ARLLIE_NULL_POINTER;
    const double share = !clip->is_started || is_cut(clip->last, features) ? 1.0 : SHARE;
    for (int i = 0; i < ARLLIE_FEATURES; i++) {
        const double mean = clip->smoothed[i];
        clip->smoothed[i] = share < 1.0 ? mean + share * (features[i] - mean) : features[i];
    }
    memcpy(clip->last, features, sizeof clip->last);
    clip->is_started = 1;
    return ARLLIE_OK;
}
