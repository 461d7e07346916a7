/* What arllie.h says of a call, found the slow way: by the bytes. */
#include <stdlib.h>
#include <string.h>

#include "call.h"

static int is_sound(const struct arllie_picture *picture) {
    if (picture->format < ARLLIE_RGB24 || picture->format > ARLLIE_NV12_BT709_FULL || picture->reserved != 0 ||
        picture->width < 1 || picture->width > ARLLIE_LARGEST_SIDE || picture->height < 1 ||
        picture->height > ARLLIE_LARGEST_SIDE)
        return 0;
    for (int plane = 0; plane < planes_of(picture->format); plane++) {
        const __int128 row = (__int128)row_bytes(picture->format, picture->width, plane);
        const __int128 below = (__int128)plane_rows(picture->height, plane) - 1;
        if (!picture->plane[plane] || picture->stride[plane] < row ||
            below * picture->stride[plane] + row > PTRDIFF_MAX ||
            (uintptr_t)picture->plane[plane] + below * picture->stride[plane] + row > UINTPTR_MAX)
            return 0;
    }
    return 1;
}

static int lies_within(const struct arllie_picture *picture, const struct arena *arena) {
    for (int plane = 0; plane < planes_of(picture->format); plane++) {
        const __int128 start = (__int128)(uintptr_t)picture->plane[plane] - (uintptr_t)arena->bytes;
        const __int128 below = (__int128)plane_rows(picture->height, plane) - 1;
        const __int128 row = (__int128)row_bytes(picture->format, picture->width, plane);
        if (start < 0 || start + below * picture->stride[plane] + row > (__int128)arena->size)
            return 0;
    }
    return 1;
}

/* Marks the bytes of a plane; returns whether one was marked before by any of `others`. */
static int mark(uint8_t *marks, const struct arena *arena, const struct arllie_picture *picture, int plane, int bit,
                int others) {
    int met = 0;
    for (size_t y = 0; y < plane_rows(picture->height, plane); y++) {
        uint8_t *row = marks + (plane_row(picture, plane, y) - arena->bytes);
        for (size_t x = 0; x < row_bytes(picture->format, picture->width, plane); x++) {
            met |= row[x] & others;
            row[x] |= (uint8_t)bit;
        }
    }
    return met != 0;
}

static int are_same(const struct arllie_picture *a, const struct arllie_picture *b) {
    int same = a->format == b->format;
    for (int plane = 0; same && plane < planes_of(a->format); plane++)
        same = a->plane[plane] == b->plane[plane] && a->stride[plane] == b->stride[plane];
    return same;
}

/* Whether the pictures share bytes as they must not. */
static int share_bytes(const struct call *call) {
    enum { IN_SOURCE = 1, IN_TARGET = 2 };
    uint8_t *marks = calloc(call->arena.size, 1);
    if (!marks)
        abort();
    int met = 0;
    for (int plane = 0; plane < planes_of(call->from->format); plane++)
        mark(marks, &call->arena, call->from, plane, IN_SOURCE, 0);
    const int others = are_same(call->from, call->to) ? IN_TARGET : IN_TARGET | IN_SOURCE;
    for (int plane = 0; plane < planes_of(call->to->format); plane++)
        met |= mark(marks, &call->arena, call->to, plane, IN_TARGET, others);
    free(marks);
    return met;
}

/* With unequal strides the library takes pictures to overlap as soon as their extents do: it need not look closer. */
static int have_equal_strides(const struct call *call) {
    for (int i = SOURCE; i <= TARGET; i++)
        for (int plane = 0; plane < planes_of(call->picture[i].format); plane++)
            if (call->picture[i].stride[plane] != call->picture[SOURCE].stride[0])
                return 0;
    return 1;
}

enum verdict verdict_of(const struct call *call) {
    if (call->wish->damage == MISALIGNED || !call->from || !call->to || !call->used_model ||
        (call->wish->with_statistics && !call->statistics) || call->threads < 1 || call->threads > 64 ||
        !is_sound(call->from) || !is_sound(call->to) || call->from->width != call->to->width ||
        call->from->height != call->to->height)
        return MUST_FAIL;
    if (!lies_within(call->from, &call->arena) || !lies_within(call->to, &call->arena))
        return NO_MEMORY_FOR_IT;
    if (share_bytes(call))
        return MUST_FAIL;
    const enum placement place = call->wish->place;
    const int may_seem_shared = place == BESIDE || place == ANYWHERE || call->wish->damage != NO_DAMAGE;
    if (call->wish->damage == MODEL || (may_seem_shared && !have_equal_strides(call)))
        return MAY_DO_EITHER;
    return MUST_PASS;
}
