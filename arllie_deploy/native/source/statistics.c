#include "statistics.h"

#include <stdlib.h>

#include "model.h"
#include "picture.h"

/* Those of arllie_deploy/statistics.py. */
#define LARGEST_BLOCK 4
#define SIDE_PER_BLOCK 100

static int32_t least(int32_t a, int32_t b) {
    return a < b ? a : b;
}

struct arllie_look arllie_new_look(int32_t width, int32_t height, uint16_t *sums) {
    struct arllie_look look = {.sums = sums};
    look.step_y = (height - 1) / ARLLIE_PLACES + 1;
    look.step_x = (width - 1) / ARLLIE_PLACES + 1;
    look.block = least(least(LARGEST_BLOCK, least(width, height) / SIDE_PER_BLOCK), least(look.step_y, look.step_x));
    look.block = look.block < 1 ? 1 : look.block;
    look.rows = height / look.step_y;
    look.columns = width / look.step_x;
    look.top = (look.step_y - look.block) / 2;
    look.left = (look.step_x - look.block) / 2;
    return look;
}

size_t arllie_look_bytes(int32_t width, int32_t height) {
    const struct arllie_look look = arllie_new_look(width, height, NULL);
    return sizeof *look.sums * 3 * look.columns * look.rows * look.block;
}

/* `sums` holds the reds, then the greens, then the blues. */
static inline void sum_row(const uint8_t *rgb, int32_t columns, size_t step, int block, uint16_t *sums) {
    for (int32_t i = 0; i < columns; i++) {
        const uint8_t *pixel = rgb + step * i;
        unsigned red = 0, green = 0, blue = 0;
        for (int x = 0; x < block; x++) {
            red += pixel[3 * x];
            green += pixel[3 * x + 1];
            blue += pixel[3 * x + 2];
        }
        sums[i] = (uint16_t)red;
        sums[columns + i] = (uint16_t)green;
        sums[2 * columns + i] = (uint16_t)blue;
    }
}

void arllie_look_at_row(const struct arllie_look *look, int32_t y, const uint8_t *rgb) {
    const int32_t from_top = y - look->top, place = from_top / look->step_y, within = from_top % look->step_y;
    if (from_top < 0 || place >= look->rows || within >= look->block)
        return;
    uint16_t *sums = look->sums + ((size_t)place * look->block + within) * 3 * look->columns;
    const uint8_t *first = rgb + 3 * (size_t)look->left;
    const size_t step = 3 * (size_t)look->step_x;
    if (look->block == LARGEST_BLOCK) /* a known number of pixels: twice as fast */
        sum_row(first, look->columns, step, LARGEST_BLOCK, sums);
    else
        sum_row(first, look->columns, step, look->block, sums);
}

void arllie_finish_look(const struct arllie_look *look, struct arllie_statistics *statistics) {
    statistics->rows = look->rows;
    statistics->columns = look->columns;
    statistics->pixels = look->block * look->block;
    statistics->reserved = 0;
    for (int32_t place = 0; place < look->rows; place++) {
        const uint16_t *sums = look->sums + (size_t)place * look->block * 3 * look->columns;
        for (int c = 0; c < 3; c++) {
            uint16_t *total = statistics->sums[c] + place * look->columns;
            for (int32_t i = 0; i < look->columns; i++) {
                total[i] = 0;
                for (int y = 0; y < look->block; y++)
                    total[i] += sums[(3 * y + c) * look->columns + i];
            }
        }
    }
}

int arllie_frame_statistics(const struct arllie_picture *picture, struct arllie_statistics *statistics) {
    if (ARLLIE_IS_UNUSABLE(statistics))
        return ARLLIE_NULL_POINTER;
    const int error = arllie_check_pictures(picture, picture);
    if (error)
        return error;
    const size_t bytes = arllie_look_bytes(picture->width, picture->height);
    uint16_t *sums = malloc(bytes + 3 * (size_t)picture->width);
    if (!sums)
        return ARLLIE_NO_MEMORY;
    const struct arllie_look look = arllie_new_look(picture->width, picture->height, sums);
    uint8_t *buffer = (uint8_t *)sums + bytes;
    for (int32_t i = 0; i < look.rows * look.block; i++) {
        const int32_t y = look.top + i / look.block * look.step_y + i % look.block;
        arllie_look_at_row(&look, y, arllie_decode_row(picture, y, buffer));
    }
    arllie_finish_look(&look, statistics);
    free(sums);
    return ARLLIE_OK;
}
