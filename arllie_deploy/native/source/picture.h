/* Pictures of every format as rows of RGB bytes. */
#ifndef ARLLIE_PICTURE_H
#define ARLLIE_PICTURE_H

#include "arllie.h"

/* ARLLIE_OK, or what is wrong with one picture or with the two together; reads no pixel. */
int arllie_check_pictures(const struct arllie_picture *from, const struct arllie_picture *to);

/* Rows that must be encoded together: 2 where chroma is shared between them, else 1. */
int arllie_rows_together(const struct arllie_picture *picture);

/* Row y as RGB bytes: the picture's own memory where it is RGB24, else `buffer` (3 * width bytes), filled. */
const uint8_t *arllie_decode_row(const struct arllie_picture *picture, int32_t y, uint8_t *buffer);

/* Where a row of an RGB24 picture can be written directly; null for the other formats. */
uint8_t *arllie_direct_row(const struct arllie_picture *picture, int32_t y);

/* Writes rows y .. y + rows - 1 (rows = 1, or 2 of an even y for NV12) from RGB bytes that lie 3 * width apart. The
 * source gives the fourth byte of RGBX32. */
void arllie_encode_rows(const struct arllie_picture *from, const struct arllie_picture *to, int32_t y, int rows,
                        const uint8_t *rgb);

#endif
