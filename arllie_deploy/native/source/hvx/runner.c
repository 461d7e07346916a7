/* A program without a C library for qemu-hexagon: header, model and frame on standard input; report and frame on
 * standard output. arllie_deploy/native/hexagon.py speaks to it.
 */
#include "arllie_hvx.h"

#define MAGIC 0x58564841u /* "AHVX" */
#define MOST_BYTES (48 << 20)
#define MARGIN (64 << 10) /* around either picture: white that must not be taken for pixels, and must not be written */
#define STACK_BYTES (1 << 20)

/* Linux system calls of Hexagon. */
enum { READ = 63, WRITE = 64, EXIT_GROUP = 94 };

struct header {
    uint32_t magic, width, height, stride; /* rows of either picture lie `stride` bytes apart */
};

struct report {
    uint32_t magic;
    int32_t error; /* enum arllie_error */
    uint32_t packets, instructions, hvx_instructions;
};

static uint8_t from_memory[MARGIN + MOST_BYTES + MARGIN] __attribute__((aligned(128)));
static uint8_t to_memory[MARGIN + MOST_BYTES + MARGIN] __attribute__((aligned(128)));
uint8_t runner_stack[STACK_BYTES] __attribute__((aligned(128)));

static int32_t system_call(int32_t number, int32_t a, void *b, uint32_t c) {
    register int32_t r0 __asm__("r0") = a;
    register void *r1 __asm__("r1") = b;
    register uint32_t r2 __asm__("r2") = c;
    register int32_t r6 __asm__("r6") = number;
    __asm__ volatile("trap0(#1)" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r6) : "memory");
    return r0;
}

static __attribute__((noreturn)) void leave(int status) {
    for (;;)
        system_call(EXIT_GROUP, status, 0, 0);
}

static void transfer(int32_t call, int32_t file, void *data, uint32_t bytes) {
    uint8_t *at = data;
    while (bytes) {
        int32_t moved = system_call(call, file, at, bytes);
        if (moved <= 0)
            leave(3);
        at += moved;
        bytes -= (uint32_t)moved;
    }
}

/* QEMU keeps what a thread has executed in the control registers c20 (packets), c21 (instructions) and c22 (those of
 * HVX); the assembler has no name for them: the words are r3 = c20, c21, c22.
 */
#define COUNTER(name, word)                                                                                            \
    static uint32_t name(void) {                                                                                       \
        uint32_t value;                                                                                                \
        __asm__ volatile(".word " word "\n\t%0 = r3" : "=r"(value) : : "r3", "memory");                                \
        return value;                                                                                                  \
    }
COUNTER(packets, "0x6a14c003")
COUNTER(instructions, "0x6a15c003")
COUNTER(hvx_instructions, "0x6a16c003")

/* Clang calls these for structures and loops. */
void *memset(void *to_fill, int value, size_t bytes) {
    volatile uint8_t *at = to_fill;
    while (bytes--)
        *at++ = (uint8_t)value;
    return to_fill;
}

void *memcpy(void *destination, const void *source, size_t bytes) {
    volatile uint8_t *at = destination;
    const uint8_t *next = source;
    while (bytes--)
        *at++ = *next++;
    return destination;
}

void *__hexagon_memcpy_likely_aligned_min32bytes_mult8bytes(void *destination, const void *source, size_t bytes) {
    return memcpy(destination, source, bytes);
}

static void check_margin(const uint8_t *margin) {
    for (int i = 0; i < MARGIN; i++)
        if (margin[i] != 255)
            leave(4);
}

__attribute__((used)) void runner_main(void) {
    struct header header;
    struct arllie_model model;
    transfer(READ, 0, &header, sizeof header);
    if (header.magic != MAGIC || header.height == 0 || header.stride > MOST_BYTES ||
        (uint64_t)header.stride * header.height > MOST_BYTES)
        leave(2);
    uint32_t bytes = header.stride * header.height;
    uint8_t *from = from_memory + MARGIN, *to = to_memory + MARGIN;
    transfer(READ, 0, &model, sizeof model);
    transfer(READ, 0, from, bytes);
    memset(from_memory, 255, MARGIN);
    memset(from + bytes, 255, MARGIN);
    memset(to_memory, 255, MARGIN);
    memset(to + bytes, 255, MARGIN);
    /* Bytes between the rows must come back as they were sent. */
    memcpy(to, from, bytes);
    struct report report = {.magic = MAGIC};
    uint32_t start[3] = {packets(), instructions(), hvx_instructions()};
    report.error = arllie_hvx_enhance(&model, (int32_t)header.width, (int32_t)header.height, from,
                                      (ptrdiff_t)header.stride, to, (ptrdiff_t)header.stride);
    report.packets = packets() - start[0];
    report.instructions = instructions() - start[1];
    report.hvx_instructions = hvx_instructions() - start[2];
    check_margin(to_memory);
    check_margin(to + bytes);
    transfer(WRITE, 1, &report, sizeof report);
    transfer(WRITE, 1, to, bytes);
    leave(0);
}

__attribute__((naked, used)) void _start(void) {
    __asm__ volatile("r29 = ##runner_stack + 1048576\n\t"
                     "call runner_main\n\t");
}
