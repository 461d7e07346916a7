#include "call.h"

#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>

#include "models.h"

#define UNTOUCHED 0xA5

int planes_of(int32_t format) {
    return format >= ARLLIE_NV12_BT601_LIMITED ? 2 : 1;
}

size_t row_bytes(int32_t format, int32_t width, int plane) {
    const size_t pixels = (size_t)width;
    if (plane == 1)
        return (pixels + 1) / 2 * 2;
    return planes_of(format) == 2 ? pixels : (format == ARLLIE_RGBX32 ? 4 : 3) * pixels;
}

size_t plane_rows(int32_t height, int plane) {
    return plane == 1 ? ((size_t)height + 1) / 2 : (size_t)height;
}

uint8_t *plane_row(const struct arllie_picture *picture, int plane, size_t y) {
    return (uint8_t *)picture->plane[plane] + (ptrdiff_t)y * picture->stride[plane];
}

void forbid_all(const struct arena *arena) {
    ASAN_POISON_MEMORY_REGION(arena->bytes, arena->size);
    (void)arena;
}

void allow_all(const struct arena *arena) {
    ASAN_UNPOISON_MEMORY_REGION(arena->bytes, arena->size);
    (void)arena;
}

void allow_picture(const struct arllie_picture *picture) {
    for (int plane = 0; plane < planes_of(picture->format); plane++) {
        const size_t bytes = row_bytes(picture->format, picture->width, plane);
        for (size_t y = 0; y < plane_rows(picture->height, plane); y++)
            ASAN_UNPOISON_MEMORY_REGION(plane_row(picture, plane, y), bytes);
        (void)bytes;
    }
}

static ptrdiff_t stride_of(const struct wish *wish, int i, int plane) {
    size_t row = row_bytes(wish->format[i], wish->width, plane);
    if (wish->place == BESIDE) {
        row = 0;
        for (int j = SOURCE; j <= TARGET; j++)
            for (int p = 0; p < planes_of(wish->format[j]); p++)
                row += row_bytes(wish->format[j], wish->width, p) + wish->gap[j][p];
        return (ptrdiff_t)(row + wish->slack[SOURCE][0]);
    }
    return (ptrdiff_t)(row + wish->slack[i][plane]);
}

/* The offset of each plane, and how far all of them reach. */
static size_t place_planes(const struct wish *wish, size_t offset[2][2]) {
    size_t end = 0, size = 0;
    for (int i = SOURCE; i <= TARGET; i++) {
        if (i == TARGET && wish->place == IN_PLACE) {
            memcpy(offset[TARGET], offset[SOURCE], sizeof offset[TARGET]);
            return size;
        }
        if (i == TARGET && wish->place == ANYWHERE)
            end = wish->where % (size + 1);
        for (int plane = 0; plane < planes_of(wish->format[i]); plane++) {
            const size_t row = row_bytes(wish->format[i], wish->width, plane);
            const size_t below = plane_rows(wish->height, plane) - 1;
            offset[i][plane] = end + wish->gap[i][plane];
            const size_t reach = offset[i][plane] + below * (size_t)stride_of(wish, i, plane) + row;
            size = reach > size ? reach : size;
            end = wish->place == BESIDE ? offset[i][plane] + row : reach;
        }
    }
    return size;
}

static void fill_pixels(struct call *call) {
    uint64_t state = call->wish->seed;
    fill_random(&state, call->arena.bytes, call->arena.size);
    const int darkness = (int)(next_random(&state) % 4);
    for (size_t i = 0; i < call->arena.size; i++)
        call->arena.bytes[i] = (uint8_t)(darkness == 3 ? (call->arena.bytes[i] & 1 ? 255 : 0)
                                                       : call->arena.bytes[i] >> (2 * darkness));
}

static void set_plane(struct arllie_picture *picture, int plane, int64_t value) {
    picture->plane[plane] = value ? (void *)((uintptr_t)picture->plane[plane] + (uintptr_t)value) : NULL;
}

static void misalign(struct call *call, int which, uintptr_t by) {
    const void **const pointers[] = {&call->used_model, (const void **)&call->from, (const void **)&call->to,
                                     (const void **)&call->statistics};
    const void **pointer = pointers[which == 3 && !call->statistics ? 0 : which];
    *pointer = (const void *)((uintptr_t)*pointer + by);
}

static void damage_call(struct call *call) {
    const struct wish *wish = call->wish;
    struct arllie_picture *picture = &call->picture[wish->damaged & 1];
    int16_t half = (int16_t)wish->value;
    switch (wish->damage) {
    case WIDTH: picture->width = (int32_t)wish->value; break;
    case HEIGHT: picture->height = (int32_t)wish->value; break;
    case FORMAT: picture->format = (int32_t)wish->value; break;
    case RESERVED: picture->reserved = (int32_t)wish->value; break;
    case STRIDE_0: picture->stride[0] = (ptrdiff_t)wish->value; break;
    case STRIDE_1: picture->stride[1] = (ptrdiff_t)wish->value; break;
    case PLANE_0: set_plane(picture, 0, wish->value); break;
    case PLANE_1: set_plane(picture, 1, wish->value); break;
    case NULL_PICTURE: *(wish->damaged & 1 ? &call->to : &call->from) = NULL; break;
    case NULL_MODEL: call->used_model = NULL; break;
    case NULL_STATISTICS: call->statistics = NULL; break;
    case MISALIGNED: misalign(call, wish->damaged % 4, 1 + (uintptr_t)wish->value % 3); break;
    case THREADS: call->threads = (int)wish->value; break;
    case MODEL: {
        const size_t size = wish->real ? sizeof call->real_model : sizeof call->model;
        uint8_t *bytes = wish->real ? (uint8_t *)&call->real_model : (uint8_t *)&call->model;
        memcpy(bytes + (size_t)wish->damaged % (size / sizeof half) * sizeof half, &half, sizeof half);
        break;
    }
    default: break;
    }
}

struct arllie_statistics *untouched_statistics(void) {
    struct arllie_statistics *statistics = malloc(sizeof *statistics);
    if (!statistics)
        abort();
    return memset(statistics, UNTOUCHED, sizeof *statistics);
}

void open_call(const struct wish *wish, struct call *call) {
    size_t offset[2][2] = {{0}};
    *call = (struct call){.wish = wish, .threads = wish->threads};
    call->arena.size = place_planes(wish, offset);
    call->arena.bytes = malloc(call->arena.size);
    if (!call->arena.bytes)
        abort();
    fill_pixels(call);
    for (int i = SOURCE; i <= TARGET; i++) {
        struct arllie_picture *picture = &call->picture[i];
        const int like = wish->place == IN_PLACE ? SOURCE : i;
        picture->format = wish->format[i];
        picture->width = wish->width;
        picture->height = wish->height;
        for (int plane = 0; plane < planes_of(wish->format[i]); plane++) {
            picture->plane[plane] = call->arena.bytes + offset[i][plane];
            picture->stride[plane] = stride_of(wish, like, plane);
        }
    }
    call->model = integer_model(wish->epilogue, wish->seed);
    call->real_model = float_model(wish->epilogue, wish->seed);
    call->used_model = wish->real ? (const void *)&call->real_model : (const void *)&call->model;
    call->from = &call->picture[SOURCE];
    call->to = &call->picture[TARGET];
    call->statistics = call->owned = wish->with_statistics ? untouched_statistics() : NULL;
    damage_call(call);
}

void close_call(struct call *call) {
    allow_all(&call->arena);
    free(call->arena.bytes);
    free(call->owned);
}

int make_call(const struct call *call) {
    const void *model = call->used_model;
    if (call->wish->real && call->wish->with_statistics)
        return arllie_enhance_float_with_statistics(model, call->from, call->to, call->threads, call->statistics);
    if (call->wish->real)
        return arllie_enhance_float(model, call->from, call->to, call->threads);
    if (call->wish->with_statistics)
        return arllie_enhance_with_statistics(model, call->from, call->to, call->threads, call->statistics);
    return arllie_enhance(model, call->from, call->to, call->threads);
}
