#include "wish.h"

#define MOST_SETS 8

const char *const *instruction_sets(void) {
    static const char *const NAMES[] = {"portable", "sse4.1", "avx2", "avx512", "neon", "neon-dotprod"};
    static _Thread_local const char *found[MOST_SETS];
    int count = 0;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (arllie_force_instruction_set(NAMES[i]) == ARLLIE_OK)
            found[count++] = NAMES[i];
    arllie_force_instruction_set(NULL);
    return found;
}

static void draw_size(struct draw *draw, struct wish *wish) {
    const int kind = (int)draw_within(draw, 0, 255);
    if (kind < 200) {
        wish->width = (int32_t)draw_within(draw, 1, 70);
        wish->height = (int32_t)draw_within(draw, 1, 20);
    } else if (kind < 252) {
        wish->width = (int32_t)draw_within(draw, 1, 700);
        wish->height = (int32_t)draw_within(draw, 1, 7);
    } else if (kind < 255) { /* several threads */
        wish->width = (int32_t)draw_within(draw, 300, 555);
        wish->height = (int32_t)draw_within(draw, 160, 320);
    } else { /* fewer threads than asked for, because of the memory */
        wish->width = (int32_t)draw_within(draw, 8000, 12000);
        wish->height = (int32_t)draw_within(draw, 30, 40);
    }
}

static uint32_t draw_bytes_between(struct draw *draw) {
    const int kind = (int)draw_within(draw, 0, 3);
    return kind < 2 ? 0 : (uint32_t)draw_within(draw, 0, kind == 2 ? 17 : 255);
}

static int64_t draw_bad_value(struct draw *draw) {
    static const int64_t VALUES[] = {0,         -1,        1,          2,          255,         65536,
                                     1 << 24,   (1 << 24) + 1, INT32_MAX, INT32_MIN, UINT32_MAX, INT64_MAX,
                                     INT64_MIN, INT64_MAX / 2, INT64_C(1) << 40, -4096};
    const int kind = (int)draw_within(draw, 0, 2);
    return kind == 0 ? VALUES[draw_within(draw, 0, 15)]
           : kind == 1 ? draw_within(draw, -300, 300)
                       : (int64_t)draw_bits(draw, 8);
}

struct wish wish_from_bytes(const uint8_t *bytes, size_t count) {
    struct draw draw = {bytes, count};
    const char *const *sets = instruction_sets();
    int known = 0;
    while (sets[known])
        known++;
    struct wish wish = {.set = sets[draw_within(&draw, 0, known - 1)]};
    wish.real = draw_within(&draw, 0, 3) == 0;
    wish.with_statistics = (int)draw_within(&draw, 0, 1);
    wish.epilogue = (int)draw_within(&draw, ARLLIE_PLAIN, ARLLIE_CURVE);
    wish.seed = draw_bits(&draw, 4);
    draw_size(&draw, &wish);
    wish.place = (enum placement)draw_within(&draw, 0, PLACEMENTS - 1);
    wish.where = (uint32_t)draw_bits(&draw, 3);
    wish.threads = (int)draw_within(&draw, 1, 8);
    for (int i = SOURCE; i <= TARGET; i++) {
        wish.format[i] = (int32_t)draw_within(&draw, ARLLIE_RGB24, ARLLIE_NV12_BT709_FULL);
        for (int plane = 0; plane < 2; plane++) {
            wish.slack[i][plane] = draw_bytes_between(&draw);
            wish.gap[i][plane] = draw_bytes_between(&draw);
        }
    }
    if (wish.place == IN_PLACE)
        wish.format[TARGET] = wish.format[SOURCE];
    if (draw_within(&draw, 0, 3) == 0) {
        wish.damage = (enum damage)draw_within(&draw, 0, DAMAGES - 1);
        wish.damaged = (int)draw_within(&draw, 0, 255);
        wish.value = draw_bad_value(&draw);
    }
    return wish;
}
