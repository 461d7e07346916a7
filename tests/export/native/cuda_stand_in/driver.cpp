// A driver without a GPU: modules are not loaded but must be there, and a launch runs the kernel's source on the CPU
// (tests/native/cuda_on_cpu) with what it was given. Whatever a GPU would refuse, it refuses.
#include <cstdio>
#include <cstring>

#define main unused_main
#include "main.cpp"
#undef main

#include "cuda.h"

namespace {
constexpr int PROCESSORS = 2, SHARED_UNASKED = 48 * 1024;
int shared_allowed = SHARED_UNASKED;
bool has_context = false;
}

extern "C" {

CUresult cuInit(unsigned flags) { return flags != 0; }

CUresult cuDeviceGet(CUdevice *device, int ordinal) {
    *device = 7;
    return ordinal != 0;
}

CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device) {
    *value = PROCESSORS;
    return attribute != CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT || device != 7;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
    *context = nullptr;
    return device != 7;
}

CUresult cuCtxSetCurrent(CUcontext) {
    has_context = true;
    return 0;
}

CUresult cuModuleLoad(CUmodule *module, const char *file) {
    FILE *opened = has_context ? fopen(file, "rb") : nullptr;
    *module = nullptr;
    return opened ? fclose(opened) : 301;
}

CUresult cuModuleGetFunction(CUfunction *function, CUmodule, const char *name) {
    *function = nullptr;
    return strcmp(name, "arllie_enhance_frames") ? 500 : 0;
}

CUresult cuFuncSetAttribute(CUfunction, CUfunction_attribute attribute, int value) {
    shared_allowed = value;
    return attribute != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
}

CUresult cuMemAlloc(CUdeviceptr *address, size_t bytes) {
    *address = reinterpret_cast<CUdeviceptr>(malloc(bytes));
    return *address == 0;
}

CUresult cuMemcpyHtoD(CUdeviceptr to, const void *from, size_t bytes) {
    memcpy(reinterpret_cast<void *>(to), from, bytes);
    return 0;
}

CUresult cuMemcpyDtoH(void *to, CUdeviceptr from, size_t bytes) {
    memcpy(to, reinterpret_cast<const void *>(from), bytes);
    return 0;
}

CUresult cuLaunchKernel(CUfunction, unsigned blocks, unsigned blocks_y, unsigned blocks_z, unsigned threads,
                        unsigned threads_y, unsigned threads_z, unsigned shared_bytes, CUstream, void **arguments,
                        void **extra) {
    constexpr unsigned NEEDED = 4 * (ARLLIE_TABLE_WORDS + ARLLIE_FRAGMENT_WORDS);
    if (blocks_y * blocks_z * threads_y * threads_z != 1 || blocks == 0 || blocks > PROCESSORS || extra ||
        threads != ARLLIE_THREADS || shared_bytes != NEEDED || static_cast<int>(shared_bytes) > shared_allowed)
        return 1;
    arllie_model model;
    arllie_logistic logistic;
    arllie_frames frames;
    memcpy(&model, arguments[0], sizeof model);
    memcpy(&logistic, arguments[1], sizeof logistic);
    memcpy(&frames, arguments[2], sizeof frames);
    gridDim.x = static_cast<int>(blocks), blockDim.x = static_cast<int>(threads);
    body = [&] { arllie_enhance_frames(model, logistic, frames); };
    for (blockIdx.x = 0; blockIdx.x < gridDim.x; blockIdx.x++)
        run_block(blockDim.x);
    return 0;
}
}
