/* The plain C reference of an Enhancer, for processors to which no engine of ours goes: one thread, no intrinsics.
 *
 *     runner REQUEST OUTPUT WARM_UP RUNS
 *
 * REQUEST is little-endian: "ARLR", uint32 version 1, uint32 kind (0 uint8, 1 float32), uint32 epilogue (0 residual,
 * 1 direct, 2 plain, 3 curve), uint32 width, uint32 height, 81 float32 kernel [output][input][row][column], 3 float32
 * bias, 2 float32 constants (epsilon and 0, or gain and knee), then the frame [row][column][channel], RGB.
 * OUTPUT is the frame of the last run, in the same kind. Printed is one JSON object a line:
 *
 *     {"protocol": 1, "engine": "...", "threads": 1, "copy_pairs": 8}
 *     {"warm_up_ns": 123}  {"run_ns": 123}  {"copy_hot_ns": 123}  {"copy_cold_ns": 123}   one for each call
 *     {"done": true, "peak_memory_bytes": 123}
 *
 * The copies are the floor, and may be left out: the frame copied between the same two buffers, and between pairs of
 * buffers in rotation.
 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RESIDUAL, DIRECT, PLAIN, CURVE, EPILOGUES };
enum { UINT8, FLOAT32, KINDS };
enum { PAIRS = 8, CHANNELS = 3, LONGEST_SIDE = 65535 };

typedef struct {
    char magic[4];
    uint32_t version, kind, epilogue, width, height;
    float kernel[CHANNELS][CHANNELS][3][3];
    float bias[CHANNELS];
    float constants[2];
} Request;

static void fail(const char *reason) {
    fprintf(stderr, "runner: %s\n", reason);
    exit(2);
}

static void *allocate(size_t bytes) {
    void *memory = malloc(bytes);
    if (memory == NULL) fail("not enough memory for the frame");
    memset(memory, 0, bytes);
    return memory;
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static float clamp(float value, float low, float high) { return value < low ? low : value > high ? high : value; }

static float finish(const Request *request, float y, float u) {
    const float *constants = request->constants;
    switch (request->epilogue) {
    case RESIDUAL: return clamp(y / clamp(y + 1.0f / (1.0f + expf(-u)), constants[0], 1.0f), 0.0f, 1.0f);
    case DIRECT: return clamp(y / clamp(1.0f / (1.0f + expf(-u)), constants[0], 1.0f), 0.0f, 1.0f);
    case PLAIN: return clamp(u, 0.0f, 1.0f);
    default: return clamp(constants[0] * u / (fabsf(u) + constants[1]), 0.0f, 1.0f);
    }
}

/* One row of zeros above and below, one pixel of zeros left and right: the convolution then has no border. */
static void load(const Request *request, const void *frame, float *padded) {
    size_t row = (size_t)request->width * CHANNELS, padded_row = row + 2 * CHANNELS;
    for (size_t y = 0; y < request->height; y++) {
        float *to = padded + (y + 1) * padded_row + CHANNELS;
        if (request->kind == FLOAT32) {
            memcpy(to, (const float *)frame + y * row, row * sizeof(float));
            continue;
        }
        const uint8_t *from = (const uint8_t *)frame + y * row;
        for (size_t i = 0; i < row; i++) to[i] = (float)from[i] / 255.0f;
    }
}

static void enhance(const Request *request, const void *frame, float *padded, void *output) {
    size_t width = request->width, padded_row = (width + 2) * CHANNELS;
    load(request, frame, padded);
    for (size_t y = 0; y < request->height; y++) {
        for (size_t x = 0; x < width; x++) {
            const float *corner = padded + y * padded_row + x * CHANNELS;
            for (int o = 0; o < CHANNELS; o++) {
                float u = request->bias[o];
                for (int dy = 0; dy < 3; dy++)
                    for (int dx = 0; dx < 3; dx++)
                        for (int i = 0; i < CHANNELS; i++)
                            u += request->kernel[o][i][dy][dx] * corner[(size_t)dy * padded_row + dx * CHANNELS + i];
                float z = finish(request, corner[padded_row + CHANNELS + o], u);
                size_t index = (y * width + x) * CHANNELS + o;
                if (request->kind == FLOAT32)
                    ((float *)output)[index] = z;
                else
                    ((uint8_t *)output)[index] = (uint8_t)(z * 255.0f + 0.5f);
            }
        }
    }
}

static void *read_request(const char *path, Request *request, size_t *bytes) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail("the request cannot be opened");
    if (fread(request, sizeof *request, 1, file) != 1 || memcmp(request->magic, "ARLR", 4) != 0) fail("not a request");
    if (request->version != 1) fail("a request of another version");
    if (request->kind >= KINDS || request->epilogue >= EPILOGUES) fail("a kind or an epilogue that it does not know");
    if (request->width - 1 >= LONGEST_SIDE || request->height - 1 >= LONGEST_SIDE) fail("a size out of range");
    *bytes = (size_t)request->width * request->height * CHANNELS * (request->kind == FLOAT32 ? sizeof(float) : 1);
    void *frame = allocate(*bytes);
    if (fread(frame, 1, *bytes, file) != *bytes || fgetc(file) != EOF) fail("the frame is not of the size it says");
    fclose(file);
    return frame;
}

static void write_output(const char *path, const void *output, size_t bytes) {
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(output, 1, bytes, file) != bytes || fclose(file) != 0) fail("the output cannot be written");
}

/* VmHWM, because ru_maxrss begins at what the parent held when it started this process. */
static long long peak_memory_bytes(void) {
    char line[256];
    long long kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    if (status == NULL) return 0;
    while (fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "VmHWM: %lld kB", &kilobytes) == 1) break;
    fclose(status);
    return kilobytes * 1024;
}

static void time_copies(const void *frame, size_t bytes, int calls) {
    char *buffers[2 * PAIRS];
    for (int i = 0; i < 2 * PAIRS; i++) memcpy(buffers[i] = allocate(bytes), frame, bytes);
    for (int cold = 0; cold < 2; cold++)
        for (int call = 0; call < calls; call++) {
            int pair = cold ? call % PAIRS : 0;
            int64_t start = now_ns();
            memcpy(buffers[2 * pair + 1], buffers[2 * pair], bytes);
            /* The copy must happen although nobody reads it. */
            __asm__ volatile("" : : "r"(buffers[2 * pair + 1]) : "memory");
            printf("{\"copy_%s_ns\": %lld}\n", cold ? "cold" : "hot", (long long)(now_ns() - start));
        }
}

int main(int count, char **words) {
    if (count != 5) fail("usage: runner REQUEST OUTPUT WARM_UP RUNS");
    Request request;
    size_t bytes;
    void *frame = read_request(words[1], &request, &bytes);
    int warm_up = atoi(words[3]), runs = atoi(words[4]);
    if (warm_up < 0 || runs < 1) fail("WARM_UP is at least 0, RUNS at least 1");
    float *padded = allocate((size_t)(request.width + 2) * (request.height + 2) * CHANNELS * sizeof(float));
    void *output = allocate(bytes);
    printf("{\"protocol\": 1, \"engine\": \"plain C\", \"threads\": 1, \"copy_pairs\": %d}\n", PAIRS);
    for (int run = -warm_up; run < runs; run++) {
        int64_t start = now_ns();
        enhance(&request, frame, padded, output);
        printf("{\"%s_ns\": %lld}\n", run < 0 ? "warm_up" : "run", (long long)(now_ns() - start));
    }
    write_output(words[2], output, bytes);
    long long peak = peak_memory_bytes();
    time_copies(frame, bytes, runs);
    printf("{\"done\": true, \"peak_memory_bytes\": %lld}\n", peak);
    return 0;
}
