/* Enhances what stdin holds, one case after the other: kind (0 integer, 1 float), width and height as int32, the
 * model's structure, the RGB bytes.
 *
 * The argument names the instruction set; without one the library chooses. The frames go to stdout one after the other,
 * the name of the instruction set in use to stderr. Each frame ends where a page begins that may not be touched, so
 * that reading or writing beyond it is a crash.
 */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arllie.h"

static uint8_t *guarded(size_t bytes) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (bytes + page - 1) / page * page;
    uint8_t *memory = mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory + whole, page, PROT_NONE))
        return NULL;
    return memory + whole - bytes;
}

static int fail(const char *text) {
    fprintf(stderr, "%s\n", text);
    return 1;
}

int main(int argc, char **argv) {
    int32_t head[3];
    int error = argc > 1 ? arllie_force_instruction_set(argv[1]) : ARLLIE_OK;
    if (error)
        return fail(arllie_error_text(error));
    fprintf(stderr, "%s", arllie_instruction_set());
    while (fread(head, sizeof head, 1, stdin) == 1) {
        union {
            struct arllie_model integer;
            struct arllie_float_model real;
        } model;
        const size_t row = 3 * (size_t)head[1], bytes = row * (size_t)head[2];
        uint8_t *from = guarded(bytes), *to = guarded(bytes);
        if (!from || !to)
            return fail("there is no memory for a frame");
        if (fread(&model, head[0] ? sizeof model.real : sizeof model.integer, 1, stdin) != 1 ||
            fread(from, 1, bytes, stdin) != bytes)
            return fail("the input ends early");
        const struct arllie_picture source = {ARLLIE_RGB24, head[1], head[2], 0, {from, NULL}, {(ptrdiff_t)row, 0}};
        const struct arllie_picture target = {ARLLIE_RGB24, head[1], head[2], 0, {to, NULL}, {(ptrdiff_t)row, 0}};
        error = head[0] ? arllie_enhance_float(&model.real, &source, &target, 1)
                        : arllie_enhance(&model.integer, &source, &target, 1);
        if (error)
            return fail(arllie_error_text(error));
        if (fwrite(to, 1, bytes, stdout) != bytes)
            return fail("stdout does not take the frame");
    }
    return 0;
}
