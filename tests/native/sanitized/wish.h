/* One call of the library in numbers that any source can draw: pictures, where they lie, the model, what is wrong. */
#ifndef SANITIZED_WISH_H
#define SANITIZED_WISH_H

#include "arllie.h"
#include "draw.h"

enum { SOURCE, TARGET };

enum placement {
    APART,    /* every plane behind the one before */
    IN_PLACE, /* the target is the source, if the formats are equal */
    BESIDE,   /* equal strides, the planes' rows side by side: interleaved memory without a shared byte */
    ANYWHERE, /* the target begins at `where` within the source, shared bytes or not */
    PLACEMENTS
};

enum damage {
    NO_DAMAGE,
    WIDTH,
    HEIGHT,
    FORMAT,
    RESERVED,
    STRIDE_0,
    STRIDE_1,
    PLANE_0, /* moved by `value`, or null where that is 0 */
    PLANE_1,
    NULL_PICTURE,
    NULL_MODEL,
    NULL_STATISTICS,
    MISALIGNED, /* one pointer to a structure, by 1, 2 or 3 bytes */
    THREADS,
    MODEL, /* `value` over a 16-bit half of the model */
    DAMAGES
};

struct wish {
    const char *set;
    int real; /* the float pipeline */
    int with_statistics;
    int epilogue;
    uint64_t seed; /* of the model and the pixels */
    int32_t width, height;
    int32_t format[2];
    uint32_t slack[2][2]; /* bytes between rows, of each plane */
    uint32_t gap[2][2];   /* bytes before each plane */
    enum placement place;
    uint32_t where;
    int threads;
    enum damage damage;
    int damaged; /* SOURCE or TARGET; for MODEL which half */
    int64_t value;
};

/* The instruction sets that this processor has; null ends the list. */
const char *const *instruction_sets(void);

/* Any bytes make a wish; `set` is one of instruction_sets(). */
struct wish wish_from_bytes(const uint8_t *bytes, size_t count);

/* What arllie.h says of a call; the last one asks for memory that does not exist, so it is not made. */
enum verdict { MUST_PASS, MUST_FAIL, MAY_DO_EITHER, NO_MEMORY_FOR_IT };

/* Makes the call and compares; prints the wish and aborts where the library does not keep its word. */
enum verdict check_wish(const struct wish *wish);

#endif
