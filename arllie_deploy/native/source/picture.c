#include "picture.h"

#include <string.h>

#include "kernel.h"
#include "model.h"

#define FIX(x) ((int32_t)((x) * (1 << ARLLIE_MATRIX_BITS) + ((x) < 0 ? -0.5 : 0.5)))

/* Ky' = 1 - Kr - Kb, E'Cb = (B - Y) / (2 (1 - Kb)), E'Cr = (R - Y) / (2 (1 - Kr)): ITU-R BT.601-7, BT.709-6. The
 * ranges are 219 and 224 steps (limited) or 255 (full). Green takes the rest, so that each row sums to its exact whole
 * and a gray stays a gray. */
#define MATRIX(kr, kb, black_, ys, cs)                                                                              \
    {                                                                                                               \
        .black = black_, .luma = FIX(255.0 / ys), .red_cr = FIX(2 * (1 - kr) * 255.0 / cs),                         \
        .green_cb = FIX(-2 * (1 - kb) * kb / (1 - kr - kb) * 255.0 / cs),                                           \
        .green_cr = FIX(-2 * (1 - kr) * kr / (1 - kr - kb) * 255.0 / cs),                                           \
        .blue_cb = FIX(2 * (1 - kb) * 255.0 / cs),                                                                  \
        .y = {FIX(kr * ys / 255.0), FIX(ys / 255.0) - FIX(kr * ys / 255.0) - FIX(kb * ys / 255.0),                  \
              FIX(kb * ys / 255.0)},                                                                                \
        .cb = {FIX(-kr / (2 * (1 - kb)) * cs / 255.0),                                                              \
               -FIX(-kr / (2 * (1 - kb)) * cs / 255.0) - FIX(0.5 * cs / 255.0), FIX(0.5 * cs / 255.0)},             \
        .cr = {FIX(0.5 * cs / 255.0), -FIX(0.5 * cs / 255.0) - FIX(-kb / (2 * (1 - kr)) * cs / 255.0),              \
               FIX(-kb / (2 * (1 - kr)) * cs / 255.0)},                                                             \
    }

static const struct arllie_matrix MATRICES[4] = {
    MATRIX(0.299, 0.114, 16, 219.0, 224.0),
    MATRIX(0.299, 0.114, 0, 255.0, 255.0),
    MATRIX(0.2126, 0.0722, 16, 219.0, 224.0),
    MATRIX(0.2126, 0.0722, 0, 255.0, 255.0),
};

static int is_nv12(const struct arllie_picture *picture) {
    return picture->format >= ARLLIE_NV12_BT601_LIMITED;
}

static const struct arllie_matrix *matrix_of(const struct arllie_picture *picture) {
    return &MATRICES[picture->format - ARLLIE_NV12_BT601_LIMITED];
}

struct extent {
    uintptr_t start, end;
    ptrdiff_t stride, row;
};

static int plane_extent(const struct arllie_picture *picture, int index, struct extent *extent) {
    ptrdiff_t width = picture->width, rows = picture->height, last;
    extent->row = picture->format == ARLLIE_RGBX32 ? 4 * width : is_nv12(picture) ? width : 3 * width;
    if (index == 1) {
        extent->row = 2 * ((width + 1) / 2);
        rows = (rows + 1) / 2;
    }
    extent->stride = picture->stride[index];
    extent->start = (uintptr_t)picture->plane[index];
    if (extent->stride < extent->row || __builtin_mul_overflow(rows - 1, extent->stride, &last) ||
        __builtin_add_overflow(last, extent->row, &last) ||
        __builtin_add_overflow(extent->start, (uintptr_t)last, &extent->end))
        return ARLLIE_BAD_STRIDE;
    return ARLLIE_OK;
}

static int check_picture(const struct arllie_picture *picture, struct extent extents[2]) {
    if (picture->format < ARLLIE_RGB24 || picture->format > ARLLIE_NV12_BT709_FULL || picture->reserved != 0)
        return ARLLIE_BAD_FORMAT;
    if (picture->width < 1 || picture->height < 1 || picture->width > ARLLIE_LARGEST_SIDE ||
        picture->height > ARLLIE_LARGEST_SIDE)
        return ARLLIE_BAD_SIZE;
    for (int i = 0; i <= is_nv12(picture); i++) {
        if (!picture->plane[i])
            return ARLLIE_NULL_POINTER;
        int error = plane_extent(picture, i, &extents[i]);
        if (error)
            return error;
    }
    return ARLLIE_OK;
}

/* Whether two planes share a byte; regions side by side in one buffer of equal strides do not. */
static int overlap(const struct extent *a, const struct extent *b) {
    if (a->end <= b->start || b->end <= a->start)
        return 0;
    if (a->stride != b->stride)
        return 1;
    const struct extent *low = a->start < b->start ? a : b, *high = low == a ? b : a;
    ptrdiff_t shift = (ptrdiff_t)((high->start - low->start) % (uintptr_t)a->stride);
    return shift < low->row || a->stride - shift < high->row;
}

static int is_same(const struct arllie_picture *a, const struct arllie_picture *b) {
    if (a->format != b->format || a->plane[0] != b->plane[0] || a->stride[0] != b->stride[0])
        return 0;
    return !is_nv12(a) || (a->plane[1] == b->plane[1] && a->stride[1] == b->stride[1]);
}

int arllie_check_pictures(const struct arllie_picture *from, const struct arllie_picture *to) {
    struct extent source[2], target[2];
    if (ARLLIE_IS_UNUSABLE(from) || ARLLIE_IS_UNUSABLE(to))
        return ARLLIE_NULL_POINTER;
    int error = check_picture(from, source);
    if (!error)
        error = check_picture(to, target);
    if (error)
        return error;
    if (from->width != to->width || from->height != to->height)
        return ARLLIE_BAD_SIZE;
    if (is_nv12(to) && overlap(&target[0], &target[1]))
        return ARLLIE_OVERLAP;
    if (is_same(from, to))
        return ARLLIE_OK;
    for (int i = 0; i <= is_nv12(from); i++)
        for (int j = 0; j <= is_nv12(to); j++)
            if (overlap(&source[i], &target[j]))
                return ARLLIE_OVERLAP;
    return ARLLIE_OK;
}

int arllie_rows_together(const struct arllie_picture *picture) {
    return is_nv12(picture) ? 2 : 1;
}

static uint8_t *row_at(const struct arllie_picture *picture, int plane, int32_t y) {
    return (uint8_t *)picture->plane[plane] + y * picture->stride[plane];
}

static const struct arllie_formats *formats(void) {
    return &arllie_current_kernel()->formats;
}

const uint8_t *arllie_decode_row(const struct arllie_picture *picture, int32_t y, uint8_t *buffer) {
    const uint8_t *row = row_at(picture, 0, y);
    if (picture->format == ARLLIE_RGB24)
        return row;
    if (is_nv12(picture)) {
        formats()->decode_nv12(matrix_of(picture), row, row_at(picture, 1, y / 2), picture->width, buffer);
        return buffer;
    }
    formats()->pack(row, picture->width, buffer);
    return buffer;
}

uint8_t *arllie_direct_row(const struct arllie_picture *picture, int32_t y) {
    return picture->format == ARLLIE_RGB24 ? row_at(picture, 0, y) : NULL;
}

void arllie_encode_rows(const struct arllie_picture *from, const struct arllie_picture *to, int32_t y, int rows,
                        const uint8_t *rgb) {
    const size_t bytes = 3 * (size_t)to->width;
    for (int i = 0; i < rows; i++) {
        if (to->format == ARLLIE_RGB24)
            memcpy(row_at(to, 0, y + i), rgb + i * bytes, bytes);
        else if (to->format == ARLLIE_RGBX32)
            formats()->unpack(rgb + i * bytes, from->format == ARLLIE_RGBX32 ? row_at(from, 0, y + i) : NULL, to->width,
                              row_at(to, 0, y + i));
        else
            formats()->encode_luma(matrix_of(to), rgb + i * bytes, to->width, row_at(to, 0, y + i));
    }
    if (is_nv12(to))
        formats()->encode_chroma(matrix_of(to), rgb, rgb + (rows - 1) * bytes, to->width, row_at(to, 1, y / 2));
}
