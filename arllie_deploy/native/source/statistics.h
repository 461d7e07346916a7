/* What an adaptive model looks at in a frame, summed up while another pass reads its rows. */
#ifndef ARLLIE_STATISTICS_H
#define ARLLIE_STATISTICS_H

#include "arllie.h"

/* The grid of a frame's places: blocks of block * block pixels, step_y and step_x apart. */
struct arllie_look {
    int32_t rows, columns, block, step_y, step_x, top, left;
    uint16_t *sums; /* of the blocks' rows, each with memory of its own: strips that cut a block do not meet */
};

/* The bytes of `sums`. */
size_t arllie_look_bytes(int32_t width, int32_t height);

struct arllie_look arllie_new_look(int32_t width, int32_t height, uint16_t *sums);

/* Takes what is needed of row y, given as RGB bytes; every row of the frame must come once, in any order. */
void arllie_look_at_row(const struct arllie_look *look, int32_t y, const uint8_t *rgb);

void arllie_finish_look(const struct arllie_look *look, struct arllie_statistics *statistics);

#endif
