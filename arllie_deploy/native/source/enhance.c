/* A picture through a kernel: strips of rows, each with a ring of three prepared rows. */
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "model.h"
#include "picture.h"
#include "pool.h"
#include "statistics.h"

#define MOST_MEMORY (1 << 20)
#define PIXELS_PER_THREAD 65536 /* waking a thread costs about as much as computing half of them */
#define STRIPS_PER_THREAD 4     /* a thread that the system delays then costs a quarter of its share */
#define LEAST_STRIP 16
#define RING 3

struct shape {
    int threads, strips;
    size_t row;     /* one prepared row */
    size_t rgb;     /* one row of RGB bytes */
    size_t thread;  /* a thread's ring, a row to decode into and two to encode from */
    size_t total;
};

struct job {
    const struct arllie_picture *from, *to;
    const struct arllie_rows *rows;
    const struct shape *shape;
    const struct arllie_look *look; /* null where nobody wants statistics */
    const void *plan;
    uint8_t *threads;
    uint8_t *edges; /* in place: the last row of each strip but the last, the first row of each but the first */
    int in_place;
    int next;
};

static size_t round_up(size_t bytes) {
    return (bytes + ARLLIE_ALIGNMENT - 1) & ~(size_t)(ARLLIE_ALIGNMENT - 1);
}

static size_t total_of(const struct shape *shape) {
    return ARLLIE_PLAN_BYTES + shape->threads * shape->thread + 2 * (size_t)(shape->strips - 1) * shape->rgb;
}

static int least(int64_t a, int64_t b) {
    return (int)(a < b ? a : b);
}

/* As many threads and strips as the picture is worth and as fit MOST_MEMORY; one of each whatever it takes. */
static struct shape shape_of(const struct arllie_rows *rows, int32_t width, int32_t height, int threads) {
    struct shape shape = {.row = round_up(rows->bytes(width)), .rgb = round_up(3 * (size_t)width)};
    shape.thread = RING * shape.row + 3 * shape.rgb;
    shape.threads = least(threads, 1 + (int64_t)width * height / PIXELS_PER_THREAD);
    shape.threads = least(shape.threads, 1 + height / LEAST_STRIP);
    shape.strips = shape.threads == 1 ? 1 : least((int64_t)shape.threads * STRIPS_PER_THREAD, 1 + height / LEAST_STRIP);
    while ((shape.total = total_of(&shape)) > MOST_MEMORY && shape.strips > 1) {
        shape.strips--;
        if (shape.threads > shape.strips || shape.threads * shape.thread > MOST_MEMORY * 3 / 4) {
            shape.threads = shape.threads > 1 ? shape.threads - 1 : 1;
            shape.strips = shape.threads == 1 ? 1 : shape.threads * STRIPS_PER_THREAD;
        }
    }
    return shape;
}

/* The first row of a strip; even, so that rows which share chroma stay together. */
static int32_t strip_start(const struct job *job, int strip) {
    if (strip == job->shape->strips)
        return job->from->height;
    return (int32_t)((int64_t)job->from->height * strip / job->shape->strips) & ~1;
}

static uint8_t *edge_row(const struct job *job, int boundary, int below) {
    return job->edges + (2 * (size_t)(boundary - 1) + below) * job->shape->rgb;
}

static void save_edges(const struct job *job) {
    const size_t bytes = 3 * (size_t)job->from->width;
    for (int boundary = 1; boundary < job->shape->strips; boundary++) {
        for (int below = 0; below < 2; below++) {
            uint8_t *edge = edge_row(job, boundary, below);
            const uint8_t *row = arllie_decode_row(job->from, strip_start(job, boundary) - 1 + below, edge);
            if (row != edge)
                memcpy(edge, row, bytes);
        }
    }
}

/* Returns the row's RGB bytes as they were, null outside of the picture. */
static const uint8_t *prepare_row(const struct job *job, int strip, int32_t y, uint8_t *buffer, uint8_t *prepared) {
    const uint8_t *rgb;
    if (y < 0 || y >= job->from->height) {
        memset(prepared, 0, job->shape->row);
        return NULL;
    }
    if (job->in_place && y < strip_start(job, strip))
        rgb = edge_row(job, strip, 0);
    else if (job->in_place && y >= strip_start(job, strip + 1))
        rgb = edge_row(job, strip + 1, 1);
    else
        rgb = arllie_decode_row(job->from, y, buffer);
    job->rows->prepare(rgb, job->from->width, prepared);
    return rgb;
}

/* At once, while the row is in the first cache. */
static void look_at(const struct job *job, int32_t y, const uint8_t *rgb) {
    if (job->look)
        arllie_look_at_row(job->look, y, rgb);
}

static void enhance_strip(const struct job *job, int strip, uint8_t *memory) {
    const int32_t start = strip_start(job, strip), end = strip_start(job, strip + 1), width = job->from->width;
    const int together = arllie_rows_together(job->to);
    uint8_t *ring[RING], *decoded = memory + RING * job->shape->row, *encoded = decoded + job->shape->rgb;
    for (int i = 0; i < RING; i++)
        ring[i] = memory + i * job->shape->row;
    prepare_row(job, strip, start - 1, decoded, ring[0]);
    look_at(job, start, prepare_row(job, strip, start, decoded, ring[1]));
    for (int32_t y = start; y < end; y++) {
        const int within = (int)((y - start) % together);
        uint8_t *direct = arllie_direct_row(job->to, y);
        const uint8_t *next = prepare_row(job, strip, y + 1, decoded, ring[2]);
        if (y + 1 < end)
            look_at(job, y + 1, next);
        job->rows->enhance(job->plan, ring[0], ring[1], ring[2], width,
                           direct ? direct : encoded + within * 3 * (size_t)width);
        if (!direct && (within == together - 1 || y == end - 1))
            arllie_encode_rows(job->from, job->to, y - within, within + 1, encoded);
        uint8_t *oldest = ring[0];
        ring[0] = ring[1];
        ring[1] = ring[2];
        ring[2] = oldest;
    }
}

static void take_strips(void *context, int worker) {
    struct job *job = context;
    for (;;) {
        int strip = __atomic_fetch_add(&job->next, 1, __ATOMIC_RELAXED);
        if (strip >= job->shape->strips)
            return;
        enhance_strip(job, strip, job->threads + worker * job->shape->thread);
    }
}

/* With room behind for a look. */
static uint8_t *memory_for(const struct shape *shape, const struct arllie_picture *from,
                           const struct arllie_statistics *statistics) {
    size_t look = statistics ? round_up(arllie_look_bytes(from->width, from->height)) : 0;
    return aligned_alloc(ARLLIE_ALIGNMENT, shape->total + look);
}

static int run(const struct arllie_rows *rows, const struct arllie_picture *from, const struct arllie_picture *to,
               const struct shape *shape, uint8_t *memory, struct arllie_statistics *statistics) {
    struct arllie_look look;
    struct job job = {
        .from = from,
        .to = to,
        .rows = rows,
        .shape = shape,
        .plan = memory,
        .threads = memory + ARLLIE_PLAN_BYTES,
        .edges = memory + ARLLIE_PLAN_BYTES + shape->threads * shape->thread,
        .in_place = from->plane[0] == to->plane[0],
    };
    if (statistics) {
        look = arllie_new_look(from->width, from->height, (uint16_t *)(memory + shape->total));
        job.look = &look;
    }
    if (job.in_place)
        save_edges(&job);
    arllie_run(take_strips, &job, shape->threads);
    if (statistics)
        arllie_finish_look(&look, statistics);
    free(memory);
    return ARLLIE_OK;
}

static int check(const struct arllie_picture *from, const struct arllie_picture *to, int threads) {
    if (threads < 1 || threads > ARLLIE_MOST_THREADS)
        return ARLLIE_BAD_THREADS;
    return arllie_check_pictures(from, to);
}

/* `statistics` may be null. */
static int enhance_integers(const struct arllie_model *model, const struct arllie_picture *from,
                            const struct arllie_picture *to, int threads, struct arllie_statistics *statistics) {
    int error = arllie_check_model(model);
    if (!error)
        error = check(from, to, threads);
    if (error)
        return error;
    const struct arllie_kernel *kernel = arllie_current_kernel();
    struct shape shape = shape_of(&kernel->rows, from->width, from->height, threads);
    uint8_t *memory = memory_for(&shape, from, statistics);
    if (!memory)
        return ARLLIE_NO_MEMORY;
    kernel->plan(model, memory);
    return run(&kernel->rows, from, to, &shape, memory, statistics);
}

static int enhance_floats(const struct arllie_float_model *model, const struct arllie_picture *from,
                          const struct arllie_picture *to, int threads, struct arllie_statistics *statistics) {
    int error = arllie_check_float_model(model);
    if (!error)
        error = check(from, to, threads);
    if (error)
        return error;
    const struct arllie_kernel *kernel = arllie_current_kernel();
    struct shape shape = shape_of(&kernel->float_rows, from->width, from->height, threads);
    uint8_t *memory = memory_for(&shape, from, statistics);
    if (!memory)
        return ARLLIE_NO_MEMORY;
    kernel->float_plan(model, memory);
    return run(&kernel->float_rows, from, to, &shape, memory, statistics);
}

int arllie_enhance(const struct arllie_model *model, const struct arllie_picture *from, const struct arllie_picture *to,
                   int threads) {
    return enhance_integers(model, from, to, threads, NULL);
}

int arllie_enhance_float(const struct arllie_float_model *model, const struct arllie_picture *from,
                         const struct arllie_picture *to, int threads) {
    return enhance_floats(model, from, to, threads, NULL);
}

int arllie_enhance_with_statistics(const struct arllie_model *model, const struct arllie_picture *from,
                                   const struct arllie_picture *to, int threads,
                                   struct arllie_statistics *statistics) {
    return ARLLIE_IS_UNUSABLE(statistics) ? ARLLIE_NULL_POINTER : enhance_integers(model, from, to, threads, statistics);
}

int arllie_enhance_float_with_statistics(const struct arllie_float_model *model, const struct arllie_picture *from,
                                         const struct arllie_picture *to, int threads,
                                         struct arllie_statistics *statistics) {
    return ARLLIE_IS_UNUSABLE(statistics) ? ARLLIE_NULL_POINTER : enhance_floats(model, from, to, threads, statistics);
}

size_t arllie_extra_memory(int32_t width, int32_t height, int threads) {
    if (width < 1 || height < 1 || width > ARLLIE_LARGEST_SIDE || height > ARLLIE_LARGEST_SIDE || threads < 1 ||
        threads > ARLLIE_MOST_THREADS)
        return 0;
    const struct arllie_kernel *kernel = arllie_current_kernel();
    size_t integer = shape_of(&kernel->rows, width, height, threads).total;
    size_t real = shape_of(&kernel->float_rows, width, height, threads).total;
    return integer > real ? integer : real;
}
