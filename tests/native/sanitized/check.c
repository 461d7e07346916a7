/* A call against what it must do: the portable kernel's bytes in the target, and no other byte changed or read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"

static void fail(const struct call *call, const char *what, int error) {
    const struct wish *w = call->wish;
    fprintf(stderr,
            "FAILED: %s (%s)\n  set %s, %s model, epilogue %d, seed %llu, %dx%d, formats %d -> %d, placement %d at %u, "
            "threads %d, damage %d of %d by %lld\n  slack %u %u -> %u %u, gaps %u %u -> %u %u\n",
            what, arllie_error_text(error), w->set, w->real ? "float" : "integer", w->epilogue,
            (unsigned long long)w->seed, (int)w->width, (int)w->height, (int)w->format[0], (int)w->format[1],
            (int)w->place, w->where, w->threads, (int)w->damage, w->damaged, (long long)w->value, w->slack[0][0],
            w->slack[0][1], w->slack[1][0], w->slack[1][1], w->gap[0][0], w->gap[0][1], w->gap[1][0], w->gap[1][1]);
    abort();
}

static void *take(size_t bytes) {
    void *memory = malloc(bytes);
    if (!memory)
        abort();
    return memory;
}

/* A picture of the same size and format in memory of its own, row after row. */
static struct arllie_picture tight_like(const struct arllie_picture *picture) {
    struct arllie_picture tight = {.format = picture->format, .width = picture->width, .height = picture->height};
    for (int plane = 0; plane < planes_of(picture->format); plane++) {
        tight.stride[plane] = (ptrdiff_t)row_bytes(picture->format, picture->width, plane);
        tight.plane[plane] = take((size_t)tight.stride[plane] * plane_rows(picture->height, plane));
    }
    return tight;
}

static void copy_picture(const struct arllie_picture *from, const struct arllie_picture *to) {
    for (int plane = 0; plane < planes_of(from->format); plane++)
        for (size_t y = 0; y < plane_rows(from->height, plane); y++)
            memcpy(plane_row(to, plane, y), plane_row(from, plane, y), row_bytes(from->format, from->width, plane));
}

static void free_picture(struct arllie_picture *picture) {
    for (int plane = 0; plane < planes_of(picture->format); plane++)
        free(picture->plane[plane]);
}

/* The arena as the call must leave it; `error` is what the portable kernel says. */
static uint8_t *expected_arena(const struct call *call, int *error, struct arllie_statistics *statistics) {
    struct arllie_picture source = tight_like(call->from), target = tight_like(call->to);
    struct call portable = *call;
    copy_picture(call->from, &source);
    portable.from = &source;
    portable.to = &target;
    portable.statistics = statistics;
    portable.threads = 1;
    arllie_force_instruction_set("portable");
    *error = make_call(&portable);
    uint8_t *bytes = take(call->arena.size);
    memcpy(bytes, call->arena.bytes, call->arena.size);
    struct arllie_picture there = *call->to;
    for (int plane = 0; plane < planes_of(there.format); plane++)
        there.plane[plane] = bytes + ((uint8_t *)call->to->plane[plane] - call->arena.bytes);
    if (*error == ARLLIE_OK)
        copy_picture(&target, &there);
    free_picture(&source);
    free_picture(&target);
    return bytes;
}

static void check_arena(const struct call *call, const uint8_t *expected, const char *what, int error) {
    allow_all(&call->arena);
    if (memcmp(call->arena.bytes, expected, call->arena.size))
        fail(call, what, error);
}

static void check_statistics(const struct call *call, const struct arllie_statistics *expected, int error) {
    if (call->owned && memcmp(call->owned, expected, sizeof *expected))
        fail(call, "other statistics than with the portable kernel, or bytes behind them changed", error);
}

/* The statistics alone are those of the frame on its way. */
static void check_alone(const struct call *call, const struct arllie_statistics *expected) {
    struct arllie_statistics *alone = untouched_statistics();
    const int error = arllie_frame_statistics(call->from, alone);
    if (error || memcmp(alone, expected, sizeof *alone))
        fail(call, "statistics alone are others", error);
    free(alone);
}

static void check_refusal(const struct call *call) {
    uint8_t *before = take(call->arena.size);
    memcpy(before, call->arena.bytes, call->arena.size);
    forbid_all(&call->arena);
    const int error = make_call(call);
    if (error == ARLLIE_OK)
        fail(call, "taken although it is wrong", error);
    check_arena(call, before, "refused, but bytes changed", error);
    struct arllie_statistics *untouched = untouched_statistics();
    check_statistics(call, untouched, error);
    free(untouched);
    free(before);
}

static void check_result(const struct call *call, int must_pass) {
    int portable_error;
    struct arllie_statistics *statistics = untouched_statistics();
    uint8_t *expected = expected_arena(call, &portable_error, statistics);
    if (portable_error && must_pass)
        fail(call, "refused by the portable kernel although it is right", portable_error);
    uint8_t *before = take(call->arena.size);
    memcpy(before, call->arena.bytes, call->arena.size);
    arllie_force_instruction_set(call->wish->set);
    forbid_all(&call->arena);
    allow_picture(call->from);
    if (must_pass && call->statistics)
        check_alone(call, statistics);
    allow_picture(call->to);
    const int error = make_call(call);
    if (!error)
        check_statistics(call, statistics, error);
    if (error && must_pass)
        fail(call, "refused although it is right", error);
    if (!error && portable_error)
        fail(call, "taken although the portable kernel refuses the model", portable_error);
    if (error)
        check_arena(call, before, "refused, but bytes changed", error);
    else
        check_arena(call, expected, "other bytes than the portable kernel's, or bytes outside the target", error);
    free(before);
    free(expected);
    free(statistics);
}

enum verdict check_wish(const struct wish *wish) {
    struct call call;
    open_call(wish, &call);
    const enum verdict verdict = verdict_of(&call);
    arllie_force_instruction_set(wish->set);
    if (verdict == MUST_FAIL)
        check_refusal(&call);
    else if (verdict != NO_MEMORY_FOR_IT)
        check_result(&call, verdict == MUST_PASS);
    close_call(&call);
    return verdict;
}
