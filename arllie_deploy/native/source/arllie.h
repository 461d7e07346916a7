/* The native kernel's C interface: one fused pass from an 8-bit picture to an 8-bit picture.
 *
 * Every function may be called from any number of threads at once. None keeps a pointer that it was given. A call that
 * returns anything but ARLLIE_OK has touched nothing: neither picture was read or written.
 */
#ifndef ARLLIE_H
#define ARLLIE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define ARLLIE_API __declspec(dllexport)
#elif defined(__GNUC__)
#define ARLLIE_API __attribute__((visibility("default")))
#else
#define ARLLIE_API
#endif

#define ARLLIE_ABI_VERSION 1
#define ARLLIE_MODEL_VERSION 1
#define ARLLIE_TAPS 27              /* of one output channel: [ky][kx][ci] */
#define ARLLIE_LARGEST_SIDE 16777216

enum arllie_error {
    ARLLIE_OK = 0,
    ARLLIE_NULL_POINTER = 1,        /* or one to a structure is not aligned as its type */
    ARLLIE_BAD_SIZE = 2,            /* a side below 1 or above ARLLIE_LARGEST_SIDE, or the pictures differ in size */
    ARLLIE_BAD_STRIDE = 3,          /* smaller than a row, or the plane leaves the address space */
    ARLLIE_BAD_FORMAT = 4,
    ARLLIE_OVERLAP = 5,             /* the pictures share memory and are not the same picture */
    ARLLIE_BAD_MODEL = 6,
    ARLLIE_BAD_THREADS = 7,
    ARLLIE_NO_MEMORY = 8,
    ARLLIE_NO_INSTRUCTION_SET = 9   /* the name is unknown here, or this processor lacks it */
};

enum arllie_format {
    ARLLIE_RGB24 = 0,
    ARLLIE_RGBX32 = 1,              /* the fourth byte is copied; 255 where the source has none */
    /* Plane 0: luma. Plane 1: interleaved Cb, Cr at half size, rounded up; a chroma sample stands for its 2x2 block. */
    ARLLIE_NV12_BT601_LIMITED = 2,
    ARLLIE_NV12_BT601_FULL = 3,
    ARLLIE_NV12_BT709_LIMITED = 4,
    ARLLIE_NV12_BT709_FULL = 5
};

enum arllie_epilogue { ARLLIE_PLAIN = 0, ARLLIE_RESIDUAL = 1, ARLLIE_DIRECT = 2, ARLLIE_CURVE = 3 };

/* The integer model (precision int8x16). What an epilogue does not use is ignored. */
struct arllie_model {
    int32_t version;                /* ARLLIE_MODEL_VERSION */
    int32_t epilogue;
    int32_t shift;                  /* S, 4..14: a weight stands for weights / 2^S */
    int32_t bias[3];                /* bq, with all rounding and offset terms folded in */
    int16_t weights[3][ARLLIE_TAPS];/* [co][ky][kx][ci], |w| <= 32639 */
    int16_t reserved;               /* 0 */
    int32_t floor;                  /* least illumination 1..65280 (residual), largest gain 256..65280 (direct) */
    int32_t curve_shift;            /* h, 0..24 (curve) */
    int32_t curve_whole;            /* gi, 0..65535 (curve) */
    int32_t curve_fraction;         /* gf, 0..65535 (curve) */
    int32_t curve_offset;           /* K1, 1..65535 (curve) */
};

/* The same layer in float32: u = W*y + b with y = x / 255. */
struct arllie_float_model {
    int32_t version;                /* ARLLIE_MODEL_VERSION */
    int32_t epilogue;
    float bias[3];
    float weights[3][ARLLIE_TAPS];
    float epsilon;                  /* 0 < epsilon <= 1 (residual, direct) */
    float gain;                     /* > 0 (curve) */
    float knee;                     /* > 0 (curve) */
};

/* Rows lie `stride` bytes apart; no alignment is needed. The source's memory is only read. */
struct arllie_picture {
    int32_t format;
    int32_t width;
    int32_t height;
    int32_t reserved;               /* 0 */
    void *plane[2];                 /* the second one only for NV12 */
    ptrdiff_t stride[2];
};

/* Enhances `from` into `to`: the same size, any two formats; exactly in place (the same planes, strides and format) is
 * allowed. `threads` 1..64 counts the caller; fewer run where the picture is small or the pool serves another call.
 */
ARLLIE_API int arllie_enhance(const struct arllie_model *model, const struct arllie_picture *from,
                              const struct arllie_picture *to, int threads);

/* The same in float32, for models that do not fit the integers. */
ARLLIE_API int arllie_enhance_float(const struct arllie_float_model *model, const struct arllie_picture *from,
                                    const struct arllie_picture *to, int threads);

/* What an adaptive model's statistics are made of: sums over blocks of pixels on a regular grid of at most ARLLIE_PLACES
 * by ARLLIE_PLACES places. The mean of place p in channel c is sums[c][p] / (255 * pixels), where p counts row by row
 * to rows * columns; what lies behind is not written. arllie_deploy/statistics.py has the 23 numbers that follow. */
#define ARLLIE_PLACES 64
struct arllie_statistics {
    int32_t rows, columns;
    int32_t pixels;                 /* of one block: 1, 4, 9 or 16 */
    int32_t reserved;
    uint16_t sums[3][ARLLIE_PLACES * ARLLIE_PLACES]; /* of R, G, B */
};

/* Enhances, and on the way fills `statistics` of the source as it was before: of them the model of the next frame is
 * made without another look at this one. Takes up to 96 KB more than arllie_extra_memory says. */
ARLLIE_API int arllie_enhance_with_statistics(const struct arllie_model *model, const struct arllie_picture *from,
                                              const struct arllie_picture *to, int threads,
                                              struct arllie_statistics *statistics);

ARLLIE_API int arllie_enhance_float_with_statistics(const struct arllie_float_model *model,
                                                    const struct arllie_picture *from, const struct arllie_picture *to,
                                                    int threads, struct arllie_statistics *statistics);

/* The statistics alone, for the first frame. */
ARLLIE_API int arllie_frame_statistics(const struct arllie_picture *picture, struct arllie_statistics *statistics);

/* The bytes of memory that a call takes for itself, 0 for a size that it refuses. */
ARLLIE_API size_t arllie_extra_memory(int32_t width, int32_t height, int threads);

/* One line in English without a period; never null. */
ARLLIE_API const char *arllie_error_text(int error);

/* The instruction set in use: "portable", "sse4.1", "avx2", "avx512", "neon" or "neon-dotprod". */
ARLLIE_API const char *arllie_instruction_set(void);

/* Uses another one from the next call on, for tests and measurements; null returns to the best. */
ARLLIE_API int arllie_force_instruction_set(const char *name);

ARLLIE_API int arllie_abi_version(void);

#ifdef __cplusplus
}
#endif
#endif
