#include "draw.h"

uint64_t draw_bits(struct draw *draw, int bytes) {
    uint64_t bits = 0;
    for (int i = 0; i < bytes; i++) {
        bits = bits << 8 | (draw->left ? *draw->bytes : 0);
        if (draw->left) {
            draw->bytes++;
            draw->left--;
        }
    }
    return bits;
}

int64_t draw_within(struct draw *draw, int64_t least, int64_t most) {
    const uint64_t values = (uint64_t)(most - least) + 1;
    return least + (int64_t)(draw_bits(draw, values <= 1 << 8 ? 1 : values <= 1 << 16 ? 2 : 4) % values);
}

uint64_t next_random(uint64_t *state) {
    uint64_t z = (*state += 0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

void fill_random(uint64_t *state, uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(next_random(state) >> 32);
}
