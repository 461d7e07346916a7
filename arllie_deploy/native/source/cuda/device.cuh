/* The instructions of the GPU that the kernel is made of, one function each; the tests put plain C++ in their place.
 *
 * PTX ISA: "mma", "shfl.sync", "rcp" (rcp.approx.ftz.f32: at most 1 ulp off), "cvt.pack"; sm_80 is the first that has
 * all of them.
 */
#ifndef ARLLIE_DEVICE_CUH
#define ARLLIE_DEVICE_CUH

#include <stdint.h>

#define ARLLIE_KERNEL(threads, blocks) extern "C" __global__ void __launch_bounds__(threads, blocks)
#define ARLLIE_DEVICE static __device__ __forceinline__
#define ARLLIE_NO_UNROLL _Pragma("unroll 1")
#define ARLLIE_EVERY_LANE 0xFFFFFFFFu

extern __shared__ uint32_t arllie_shared[];

/* d = a * b + c on a warp: a is 16 x 32 uint8 by rows, b 32 x 8 int8 by columns. */
ARLLIE_DEVICE void multiply_tile(int32_t d[4], const uint32_t a[4], const uint32_t b[2], const int32_t c[4]) {
    asm("mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%10, %11, %12, %13};"
        : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "r"(c[0]), "r"(c[1]), "r"(c[2]), "r"(c[3]));
}

ARLLIE_DEVICE uint32_t of_next_lane(uint32_t value) {
    return __shfl_down_sync(ARLLIE_EVERY_LANE, value, 1);
}

/* int16(high) << 16 | int16(low), both saturated. */
ARLLIE_DEVICE uint32_t saturate_pair(int32_t high, int32_t low) {
    uint32_t pair;
    asm("cvt.pack.sat.s16.s32 %0, %1, %2;" : "=r"(pair) : "r"(high), "r"(low));
    return pair;
}

ARLLIE_DEVICE float reciprocal(float value) {
    float result;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(value));
    return result;
}

ARLLIE_DEVICE uint32_t pick_bytes(uint32_t low, uint32_t high, uint32_t selector) {
    return __byte_perm(low, high, selector);
}

ARLLIE_DEVICE float multiply(float a, float b) {
    return __fmul_rn(a, b);
}

ARLLIE_DEVICE float multiply_add(float a, float b, float c) {
    return __fmaf_rn(a, b, c);
}

ARLLIE_DEVICE float add_rounding_down(float a, float b) {
    return __fadd_rd(a, b);
}

ARLLIE_DEVICE float multiply_add_rounding_down(float a, float b, float c) {
    return __fmaf_rd(a, b, c);
}

ARLLIE_DEVICE float float_of_bits(uint32_t bits) {
    return __uint_as_float(bits);
}

ARLLIE_DEVICE uint32_t bits_of_float(float value) {
    return __float_as_uint(value);
}

ARLLIE_DEVICE uint32_t load_word(const uint8_t *from) {
    return __ldg(reinterpret_cast<const uint32_t *>(from));
}

ARLLIE_DEVICE uint32_t load_byte(const uint8_t *from) {
    return __ldg(from);
}

ARLLIE_DEVICE void wait_for_block() {
    __syncthreads();
}

#endif
