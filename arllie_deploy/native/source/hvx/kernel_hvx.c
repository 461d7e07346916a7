/* The picture in columns of 32 pixels, each walked from top to bottom with its last rows kept in registers. */
#include "arllie_hvx.h"

#include "../model.h"
#include "convolution.h"
#include "epilogue.h"
#include "plan.h"
#include "vectors.h"

struct walk {
    const struct plan *plan;
    const uint8_t *from;
    uint8_t *to;
    ptrdiff_t from_stride, to_stride;
    int32_t height;
};

/* A row outside of the picture, with room for the pixels to both sides; and a row that nobody reads. */
static const uint8_t outside[3 * VECTOR_BYTES] __attribute__((aligned(VECTOR_BYTES)));

/* Each turn convolves two rows and finishes the two before them: two independent strands of work that fill each other's
 * idle slots.
 */
INLINE void walk_column(const struct walk *walk, int epilogue, int edges) {
    const struct plan *plan = walk->plan;
    const uint8_t *black = outside + VECTOR_BYTES, *next = walk->from + walk->from_stride;
    uint8_t unused[VECTOR_BYTES] __attribute__((aligned(VECTOR_BYTES)));
    uint8_t *to = walk->to, *to_upper = unused, *to_lower = unused;
    ptrdiff_t from_stride = walk->from_stride, to_stride = walk->to_stride;
    HVX_Vector column = Q6_V_vzero();
    struct row above = read_row(black, edges, &column), upper = read_row(walk->from, edges, &column);
    struct work work = {.value = {column, column, column}, .old = {column, column}};
    for (int32_t beneath = walk->height - 1; beneath >= 0; beneath -= 2) {
        struct halfway sums;
        convolve(plan, 0, above.quads.left, upper.quads.left, &sums);
        finish_step(plan, epilogue, 0, &work);
        convolve(plan, 1, above.quads.middle, upper.quads.middle, &sums);
        finish_step(plan, epilogue, 1, &work);
        struct row lower = read_row(beneath > 0 ? next : black, edges, &column);
        HVX_Vector upper_column = column;
        convolve(plan, 2, upper.quads.left, lower.quads.left, &sums);
        finish_step(plan, epilogue, 2, &work);
        convolve(plan, 3, upper.quads.middle, lower.quads.middle, &sums);
        finish_step(plan, epilogue, 3, &work);
        struct row below = read_row(beneath > 1 ? next + from_stride : black, edges, &column);
        convolve(plan, 4, lower.quads.left, below.quads.left, &sums);
        finish_step(plan, epilogue, 4, &work);
        convolve(plan, 5, lower.quads.middle, below.quads.middle, &sums);
        finish_step(plan, epilogue, 5, &work);
        convolve(plan, 6, upper_column, column, &sums);
        finish_step(plan, epilogue, 6, &work);
        struct pixels done = finished(&work);
        *(HVX_UVector *)to_upper = done.upper;
        *(HVX_UVector *)to_lower = done.lower;
        struct sums full = whole(&sums);
        work.value = narrowed(plan, epilogue, &full);
        work.old = split((struct pixels){upper.pixels, lower.pixels});
        above = lower;
        upper = below;
        next += 2 * from_stride;
        to_upper = to;
        to_lower = beneath > 0 ? to + to_stride : unused;
        to += 2 * to_stride;
    }
    for (int step = 0; step < QUADS; step++)
        finish_step(plan, epilogue, step, &work);
    struct pixels done = finished(&work);
    *(HVX_UVector *)to_upper = done.upper;
    *(HVX_UVector *)to_lower = done.lower;
}

#define WALKS(name, epilogue)                                                                                          \
    static void name##_inside(const struct walk *walk) {                                                               \
        walk_column(walk, epilogue, NO_EDGE);                                                                          \
    }                                                                                                                  \
    static void name##_left(const struct walk *walk) {                                                                 \
        walk_column(walk, epilogue, LEFT_EDGE);                                                                        \
    }                                                                                                                  \
    static void name##_right(const struct walk *walk) {                                                                \
        walk_column(walk, epilogue, RIGHT_EDGE);                                                                       \
    }                                                                                                                  \
    static void name##_narrow(const struct walk *walk) {                                                               \
        walk_column(walk, epilogue, LEFT_EDGE | RIGHT_EDGE);                                                           \
    }

WALKS(plain, ARLLIE_PLAIN)
WALKS(residual, ARLLIE_RESIDUAL)
WALKS(direct, ARLLIE_DIRECT)
WALKS(curve, ARLLIE_CURVE)

/* By epilogue and enum edge. */
static void (*const walks[4][4])(const struct walk *) = {
    [ARLLIE_PLAIN] = {plain_inside, plain_left, plain_right, plain_narrow},
    [ARLLIE_RESIDUAL] = {residual_inside, residual_left, residual_right, residual_narrow},
    [ARLLIE_DIRECT] = {direct_inside, direct_left, direct_right, direct_narrow},
    [ARLLIE_CURVE] = {curve_inside, curve_left, curve_right, curve_narrow},
};

/* Fewer than 32 columns: rows are widened with black in memory of our own, CHUNK of them at a time. */
#define CHUNK 12

static void copy(uint8_t *to, const uint8_t *from, int32_t bytes) {
    for (int32_t i = 0; i < bytes; i++)
        to[i] = from[i];
}

static void walk_narrow(const struct walk *picture, int epilogue, int32_t width) {
    uint8_t wide[CHUNK + 2][VECTOR_BYTES] __attribute__((aligned(VECTOR_BYTES)));
    uint8_t done[CHUNK + 2][VECTOR_BYTES] __attribute__((aligned(VECTOR_BYTES)));
    for (int32_t y = 0; y < picture->height; y += CHUNK) {
        for (int32_t row = 0; row < CHUNK + 2; row++) {
            int32_t source = y - 1 + row;
            *(HVX_Vector *)wide[row] = Q6_V_vzero();
            if (source >= 0 && source < picture->height)
                copy(wide[row], picture->from + source * picture->from_stride, 4 * width);
        }
        struct walk walk = {picture->plan, wide[0], done[0], VECTOR_BYTES, VECTOR_BYTES, CHUNK + 2};
        walks[epilogue][LEFT_EDGE | RIGHT_EDGE](&walk);
        for (int32_t row = 0; row < CHUNK && y + row < picture->height; row++)
            copy(picture->to + (y + row) * picture->to_stride, done[row + 1], 4 * width);
    }
}

static void walk_picture(const struct walk *picture, int epilogue, int32_t width) {
    for (int32_t x = 0; x < width;) {
        int edges = (x == 0 ? LEFT_EDGE : NO_EDGE) | (x + VECTOR_PIXELS == width ? RIGHT_EDGE : NO_EDGE);
        struct walk walk = *picture;
        walk.from += 4 * x;
        walk.to += 4 * x;
        walks[epilogue][edges](&walk);
        /* The last columns overlap those before them where the width is no multiple of 32. */
        int32_t rest = width - x - VECTOR_PIXELS;
        x += rest == 0 || rest >= VECTOR_PIXELS ? VECTOR_PIXELS : rest;
    }
}

int arllie_hvx_enhance(const struct arllie_model *model, int32_t width, int32_t height, const uint8_t *from,
                       ptrdiff_t from_stride, uint8_t *to, ptrdiff_t to_stride) {
    if (!model || !from || !to)
        return ARLLIE_NULL_POINTER;
    if (width < 1 || height < 1 || width > ARLLIE_LARGEST_SIDE || height > ARLLIE_LARGEST_SIDE)
        return ARLLIE_BAD_SIZE;
    int64_t row = 4 * (int64_t)width, rows = height - 1;
    if (from_stride < row || to_stride < row || from_stride * rows + row > INT32_MAX ||
        to_stride * rows + row > INT32_MAX)
        return ARLLIE_BAD_STRIDE;
    if (from < to + to_stride * rows + row && to < from + from_stride * rows + row)
        return ARLLIE_OVERLAP;
    int error = arllie_check_model(model);
    if (error)
        return error;
    struct plan plan;
    arllie_hvx_plan(model, &plan);
    struct walk picture = {&plan, from, to, from_stride, to_stride, height};
    if (width < VECTOR_PIXELS)
        walk_narrow(&picture, model->epilogue, width);
    else
        walk_picture(&picture, model->epilogue, width);
    return ARLLIE_OK;
}
