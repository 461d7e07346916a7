#include "far.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arllie.h"
#include "draw.h"
#include "models.h"

#define WIDTH 61
#define HEIGHT 9
#define ROW (3 * WIDTH)
#define STRIDE ((ptrdiff_t)(INT32_MAX / 4) + 1234) /* the last row lies beyond 4 GiB; only touched pages cost memory */
#define REACH ((size_t)STRIDE * (HEIGHT - 1) + ROW)

static struct arllie_picture picture_at(uint8_t *bytes, ptrdiff_t stride) {
    return (struct arllie_picture){.format = ARLLIE_RGB24, .width = WIDTH, .height = HEIGHT, .plane = {bytes, NULL},
                                   .stride = {stride, 0}};
}

static void enhance(const char *set, const struct arllie_picture *from, const struct arllie_picture *to) {
    const struct arllie_model model = integer_model(ARLLIE_RESIDUAL, 7);
    arllie_force_instruction_set(set);
    const int error = arllie_enhance(&model, from, to, 1);
    if (error) {
        fprintf(stderr, "FAILED: rows far apart on %s: %s\n", set, arllie_error_text(error));
        abort();
    }
}

void check_far_rows(const char *set) {
    uint8_t tight[HEIGHT][ROW], expected[HEIGHT][ROW];
    uint64_t state = 8;
    fill_random(&state, tight[0], sizeof tight);
    const struct arllie_picture from = picture_at(tight[0], ROW), to = picture_at(expected[0], ROW);
    enhance("portable", &from, &to);
    uint8_t *far = mmap(NULL, REACH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (far == MAP_FAILED) {
        printf("skipped: rows 4 GiB apart (the system lends no such address range)\n");
        return;
    }
    const struct arllie_picture apart = picture_at(far, STRIDE);
    for (ptrdiff_t y = 0; y < HEIGHT; y++)
        memcpy(far + y * STRIDE, tight[y], ROW);
    enhance(set, &apart, &apart);
    for (ptrdiff_t y = 0; y < HEIGHT; y++) {
        if (memcmp(far + y * STRIDE, expected[y], ROW)) {
            fprintf(stderr, "FAILED: row %d of rows far apart on %s\n", (int)y, set);
            abort();
        }
    }
    munmap(far, REACH);
}
