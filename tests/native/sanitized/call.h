/* A wish made real: memory, pictures and a model. */
#ifndef SANITIZED_CALL_H
#define SANITIZED_CALL_H

#include "wish.h"

/* One heap block, exactly as long as its pictures reach; nothing of it may be touched but what is allowed. */
struct arena {
    uint8_t *bytes;
    size_t size;
};

struct call {
    const struct wish *wish;
    struct arena arena;
    struct arllie_picture picture[2];
    struct arllie_model model;
    struct arllie_float_model real_model;
    const struct arllie_picture *from, *to; /* the pictures, or null */
    const void *used_model;                 /* the model of the wish's pipeline, or null */
    struct arllie_statistics *statistics; /* null where the wish is without */
    struct arllie_statistics *owned;
    int threads;
};

/* Statistics that nobody has written into. */
struct arllie_statistics *untouched_statistics(void);

void open_call(const struct wish *wish, struct call *call);
void close_call(struct call *call);
int make_call(const struct call *call);

/* By the bytes that the pictures share and by the ranges of arllie.h. */
enum verdict verdict_of(const struct call *call);

int planes_of(int32_t format);
size_t row_bytes(int32_t format, int32_t width, int plane);
size_t plane_rows(int32_t height, int plane);

/* Bytes of the arena that a plane's row y begins at. */
uint8_t *plane_row(const struct arllie_picture *picture, int plane, size_t y);

/* Every byte of a picture's rows may be read and written; the ones between them, and around, may not. */
void allow_picture(const struct arllie_picture *picture);
void forbid_all(const struct arena *arena);
void allow_all(const struct arena *arena);

#endif
