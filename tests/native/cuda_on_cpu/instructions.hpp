// Stands in for the GPU's device.cuh, in plain C++: a block's threads are coroutines, and an instruction that a warp or
// a block executes together waits until all have come to it.
#pragma once
#define ARLLIE_DEVICE_CUH       // the GPU's is not read

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <ucontext.h>
#include <vector>

#define ARLLIE_KERNEL(threads, blocks) static void
#define ARLLIE_DEVICE static inline
#define ARLLIE_NO_UNROLL
#define __grid_constant__

using std::max;
using std::min;

struct dimension {
    int x;
};
static dimension threadIdx, blockIdx, blockDim, gridDim;
static uint32_t arllie_shared[16384 + 1024];
static int reciprocal_ulps;     // how far the GPU's reciprocal is off

struct lane_state {
    ucontext_t context;
    std::vector<char> stack = std::vector<char>(256 * 1024);
    uint32_t given[10];         // to the instruction that its warp waits for
    int32_t taken[4];
    bool waits_for_block = false, done = false;
};
static std::vector<std::unique_ptr<lane_state>> lanes;
static ucontext_t scheduler;

static lane_state &self() {
    return *lanes[threadIdx.x];
}

static void pause_lane() {
    swapcontext(&self().context, &scheduler);
}

// Lanes of a warp run one after the other up to the same instruction; a lane reads what others gave after all did, and
// a second pause keeps them from giving anew before all have read.
ARLLIE_DEVICE uint32_t of_next_lane(uint32_t value) {
    self().given[0] = value;
    pause_lane();
    const int lane = threadIdx.x % 32;
    const uint32_t found = lane == 31 ? value : lanes[threadIdx.x + 1]->given[0];
    pause_lane();
    return found;
}

ARLLIE_DEVICE void wait_for_block() {
    self().waits_for_block = true;
    pause_lane();
}

static int byte_of(uint32_t word, int index) {
    return word >> (8 * index) & 255;
}

ARLLIE_DEVICE void multiply_tile(int32_t d[4], const uint32_t a[4], const uint32_t b[2], const int32_t c[4]) {
    memcpy(self().given, a, 16);
    memcpy(self().given + 4, b, 8);
    pause_lane();
    const int lane = threadIdx.x % 32, first = threadIdx.x - lane;
    for (int i = 0; i < 4; i++) {
        const int row = lane / 4 + 8 * (i / 2), column = 2 * (lane % 4) + i % 2;
        int32_t sum = c[i];
        for (int k = 0; k < 32; k++) {
            const uint32_t *left = lanes[first + 4 * (row % 8) + k % 16 / 4]->given;
            const uint32_t *right = lanes[first + 4 * column + k % 16 / 4]->given;
            sum += byte_of(left[row / 8 + 2 * (k / 16)], k % 4) *
                   static_cast<int8_t>(byte_of(right[4 + k / 16], k % 4));
        }
        self().taken[i] = sum;
    }
    pause_lane();
    memcpy(d, self().taken, 16);
}

ARLLIE_DEVICE uint32_t saturate_pair(int32_t high, int32_t low) {
    const auto cut = [](int32_t value) { return static_cast<uint16_t>(min(max(value, -32768), 32767)); };
    return static_cast<uint32_t>(cut(high)) << 16 | cut(low);
}

ARLLIE_DEVICE float float_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

ARLLIE_DEVICE uint32_t bits_of_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return bits;
}

ARLLIE_DEVICE float reciprocal(float value) {
    return float_of_bits(bits_of_float(1.0f / value) + reciprocal_ulps);
}

ARLLIE_DEVICE uint32_t pick_bytes(uint32_t low, uint32_t high, uint32_t selector) {
    uint32_t result = 0;
    for (int i = 0; i < 4; i++) {
        const int index = selector >> (4 * i) & 7;
        result |= static_cast<uint32_t>(byte_of(index < 4 ? low : high, index % 4)) << (8 * i);
    }
    return result;
}

ARLLIE_DEVICE float multiply(float a, float b) {
    return a * b;
}

ARLLIE_DEVICE float multiply_add(float a, float b, float c) {
    return std::fma(a, b, c);
}

// The sums that the kernel rounds down are exact in double.
static float rounded_down(double exact) {
    const float nearest = static_cast<float>(exact);
    return nearest > exact ? std::nextafterf(nearest, -INFINITY) : nearest;
}

ARLLIE_DEVICE float add_rounding_down(float a, float b) {
    return rounded_down(static_cast<double>(a) + b);
}

ARLLIE_DEVICE float multiply_add_rounding_down(float a, float b, float c) {
    return rounded_down(static_cast<double>(a) * b + c);
}

ARLLIE_DEVICE uint32_t load_word(const uint8_t *from) {
    uint32_t word;
    if (reinterpret_cast<uintptr_t>(from) % 4 != 0)
        __builtin_trap();       // as the GPU does
    memcpy(&word, from, 4);
    return word;
}

ARLLIE_DEVICE uint32_t load_byte(const uint8_t *from) {
    return *from;
}
