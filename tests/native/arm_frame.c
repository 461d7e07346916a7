/* Enhances what stdin holds, one case after the other: kind (0 integer, 1 float), format, width and height as int32, the
 * model's structure, the bytes of the picture's planes, whose rows touch.
 *
 * The argument names the instruction set; without one the library chooses. The pictures go to stdout one after the
 * other, in the format that they came in, the name of the instruction set in use to stderr. Each plane ends where a page
 * begins that may not be touched, so that reading or writing beyond it is a crash.
 */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arllie.h"

static void fail(const char *text) {
    fprintf(stderr, "%s\n", text);
    exit(1);
}

static uint8_t *guarded(size_t bytes) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (bytes + page - 1) / page * page;
    uint8_t *memory = mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory + whole, page, PROT_NONE))
        fail("there is no memory for a picture");
    return memory + whole - bytes;
}

static int planes_of(const struct arllie_picture *picture) {
    return picture->format >= ARLLIE_NV12_BT601_LIMITED ? 2 : 1;
}

static size_t bytes_of(const struct arllie_picture *picture, int plane) {
    return (size_t)picture->stride[plane] * (size_t)(plane ? (picture->height + 1) / 2 : picture->height);
}

static struct arllie_picture new_picture(int32_t format, int32_t width, int32_t height) {
    static const int BYTES[] = {3, 4, 1, 1, 1, 1};
    struct arllie_picture picture = {format, width, height, 0, {NULL, NULL}, {0, 0}};
    picture.stride[0] = (ptrdiff_t)BYTES[format] * width;
    picture.stride[1] = (width + 1) / 2 * 2;
    for (int plane = 0; plane < planes_of(&picture); plane++)
        picture.plane[plane] = guarded(bytes_of(&picture, plane));
    return picture;
}

static void read_planes(const struct arllie_picture *picture) {
    for (int plane = 0; plane < planes_of(picture); plane++)
        if (fread(picture->plane[plane], bytes_of(picture, plane), 1, stdin) != 1)
            fail("the input ends early");
}

static void write_planes(const struct arllie_picture *picture) {
    for (int plane = 0; plane < planes_of(picture); plane++)
        if (fwrite(picture->plane[plane], bytes_of(picture, plane), 1, stdout) != 1)
            fail("stdout does not take the picture");
}

int main(int argc, char **argv) {
    int32_t head[4];
    int error = argc > 1 ? arllie_force_instruction_set(argv[1]) : ARLLIE_OK;
    if (error)
        fail(arllie_error_text(error));
    fprintf(stderr, "%s", arllie_instruction_set());
    while (fread(head, sizeof head, 1, stdin) == 1) {
        union {
            struct arllie_model integer;
            struct arllie_float_model real;
        } model;
        const struct arllie_picture source = new_picture(head[1], head[2], head[3]);
        const struct arllie_picture target = new_picture(head[1], head[2], head[3]);
        if (fread(&model, head[0] ? sizeof model.real : sizeof model.integer, 1, stdin) != 1)
            fail("the input ends early");
        read_planes(&source);
        error = head[0] ? arllie_enhance_float(&model.real, &source, &target, 1)
                        : arllie_enhance(&model.integer, &source, &target, 1);
        if (error)
            fail(arllie_error_text(error));
        write_planes(&target);
    }
    return 0;
}
