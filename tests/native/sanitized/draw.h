/* Numbers from bytes, whoever gives them: a fuzzer, or a generator with a seed. */
#ifndef SANITIZED_DRAW_H
#define SANITIZED_DRAW_H

#include <stddef.h>
#include <stdint.h>

struct draw {
    const uint8_t *bytes;
    size_t left;
};

/* The next `bytes` (at most 8) as a number; zeros follow the end. */
uint64_t draw_bits(struct draw *draw, int bytes);

/* Within [least, most]; one byte is used up to 256 values, else two, or four. */
int64_t draw_within(struct draw *draw, int64_t least, int64_t most);

/* splitmix64: the next of a sequence that any state begins. */
uint64_t next_random(uint64_t *state);

void fill_random(uint64_t *state, uint8_t *bytes, size_t count);

#endif
