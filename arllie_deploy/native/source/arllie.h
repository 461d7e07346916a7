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
    ARLLIE_NULL_POINTER = 1,
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

/* The bytes of memory that such a call takes for itself, 0 for a size that it refuses. */
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
