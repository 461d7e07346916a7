/* SSE4.1: kernel_madd.h on 128-bit vectors. */
#include <smmintrin.h>

#define NAME "sse4.1"
#define SYMBOL arllie_kernel_sse41
#define FLOAT_LANES 4
#define FLOAT_VECTORS 3
#define FLOAT_MIN _mm_min_ps
#define FLOAT_MAX _mm_max_ps
#define BYTE_SHUFFLES
#define AVAILABLE __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3")
#define TARGET __attribute__((target("sse4.1")))
#define LANES 4
#define VECTOR __m128i
#define FLOATS __m128
#define E(operation) _mm_##operation
#define V(operation) _mm_##operation##_si128
#define BLEND _mm_blend_epi16
#define TWICE(memory) _mm_loadu_si128((const void *)(memory))
#define LANE(vector, lane) (vector)

#include "kernel_madd.h"
