/* AVX2: kernel_madd.h on 256-bit vectors. */
#include <immintrin.h>

#define NAME "avx2"
#define SYMBOL arllie_kernel_avx2
#define FLOAT_LANES 8
#define FLOAT_VECTORS 3
#define FLOAT_MIN _mm256_min_ps
#define FLOAT_MAX _mm256_max_ps
#define BYTE_SHUFFLES
#define AVAILABLE __builtin_cpu_supports("avx2")
#define TARGET __attribute__((target("avx2")))
#define LANES 8
#define VECTOR __m256i
#define FLOATS __m256
#define E(operation) _mm256_##operation
#define V(operation) _mm256_##operation##_si256
#define BLEND _mm256_blend_epi16
#define TWICE(memory) _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)(memory)))
#define LANE(vector, lane) ((lane) ? _mm256_extracti128_si256(vector, 1) : _mm256_castsi256_si128(vector))

#include "kernel_madd.h"
