/* The native kernel for arllie-bench: a program that follows the runner's protocol (bench/runner/runner.c says all of
 * it), with one model inside (runner_fixed.c or runner_adaptive.c).
 *
 *     runner REQUEST OUTPUT WARM_UP RUNS
 *
 * It computes on bytes: kind 0, for the request's kernel, bias and constants, which must be those of the model inside to
 * the bit; and kind 2, the same for the model inside, whatever the request's are. Floats (kind 1) it refuses.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runner.h"

enum { UINT8 = 0, OWN_MODEL = 2 };
enum { PAIRS = 8, CHANNELS = 3, LONGEST_SIDE = 65535 };

/* Made for each model. */
const char *arllie_artifact_description(void);

static void fail(const char *reason) {
    fprintf(stderr, "runner: %s\n", reason);
    exit(2);
}

static void *allocate(size_t bytes) {
    void *memory = malloc(bytes);
    if (!memory)
        fail("not enough memory for the frame");
    memset(memory, 0, bytes);
    return memory;
}

static long long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void check_model(const struct request *request) {
    if (request->kind == OWN_MODEL)
        return;
    if (request->kind != UINT8)
        fail("it computes on bytes; floats need another runner");
    const char *reason = runner_refusal(request);
    if (reason)
        fail(reason);
}

static void *read_request(const char *path, struct request *request, size_t *bytes) {
    FILE *file = fopen(path, "rb");
    if (!file)
        fail("the request cannot be opened");
    if (fread(request, sizeof *request, 1, file) != 1 || memcmp(request->magic, "ARLR", 4) != 0)
        fail("not a request");
    if (request->version != 1)
        fail("a request of another version");
    check_model(request);
    if (request->width - 1 >= LONGEST_SIDE || request->height - 1 >= LONGEST_SIDE)
        fail("a size out of range");
    *bytes = (size_t)request->width * request->height * CHANNELS;
    void *frame = allocate(*bytes);
    if (fread(frame, 1, *bytes, file) != *bytes || fgetc(file) != EOF)
        fail("the frame is not of the size it says");
    fclose(file);
    return frame;
}

static struct arllie_picture picture_of(const struct request *request, void *pixels) {
    struct arllie_picture picture = {.format = ARLLIE_RGB24, .width = request->width, .height = request->height};
    picture.plane[0] = pixels;
    picture.stride[0] = (ptrdiff_t)request->width * CHANNELS;
    return picture;
}

static void time_runs(const struct request *request, void *frame, void *output, int warm_up, int runs) {
    const struct arllie_picture from = picture_of(request, frame), to = picture_of(request, output);
    for (int run = -warm_up; run < runs; run++) {
        long long start = now_ns();
        int error = runner_enhance(&from, &to);
        long long end = now_ns();
        if (error)
            fail(arllie_error_text(error));
        printf("{\"%s_ns\": %lld}\n", run < 0 ? "warm_up" : "run", end - start);
    }
}

static void write_output(const char *path, const void *output, size_t bytes) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(output, 1, bytes, file) != bytes || fclose(file) != 0)
        fail("the output cannot be written");
}

/* VmHWM, because ru_maxrss begins at what the parent held when it started this process. */
static long long peak_memory_bytes(void) {
    char line[256];
    long long kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    if (!status)
        return 0;
    while (fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %lld kB", &kilobytes) == 1)
            break;
    fclose(status);
    return kilobytes * 1024;
}

static void time_copies(const void *frame, size_t bytes, int calls) {
    char *buffers[2 * PAIRS];
    for (int i = 0; i < 2 * PAIRS; i++)
        memcpy(buffers[i] = allocate(bytes), frame, bytes);
    for (int cold = 0; cold < 2; cold++) {
        for (int call = 0; call < calls; call++) {
            int pair = cold ? call % PAIRS : 0;
            long long start = now_ns();
            memcpy(buffers[2 * pair + 1], buffers[2 * pair], bytes);
            /* The copy must happen although nobody reads it. */
            __asm__ volatile("" : : "r"(buffers[2 * pair + 1]) : "memory");
            printf("{\"copy_%s_ns\": %lld}\n", cold ? "cold" : "hot", now_ns() - start);
        }
    }
}

int main(int count, char **words) {
    struct request request;
    size_t bytes;
    if (count != 5)
        fail("usage: runner REQUEST OUTPUT WARM_UP RUNS");
    int warm_up = atoi(words[3]), runs = atoi(words[4]);
    if (warm_up < 0 || runs < 1)
        fail("WARM_UP is at least 0, RUNS at least 1");
    void *frame = read_request(words[1], &request, &bytes), *output = allocate(bytes);
    printf("{\"protocol\": 1, \"engine\": \"the native kernel, %s, integers\", \"threads\": 1, \"copy_pairs\": %d}\n",
           arllie_instruction_set(), PAIRS);
    printf("{\"precision\": \"int8x16\", \"artifact\": %s}\n", arllie_artifact_description());
    time_runs(&request, frame, output, warm_up, runs);
    runner_tell();
    write_output(words[2], output, bytes);
    long long peak = peak_memory_bytes();
    time_copies(frame, bytes, runs);
    printf("{\"done\": true, \"peak_memory_bytes\": %lld}\n", peak);
    return 0;
}
