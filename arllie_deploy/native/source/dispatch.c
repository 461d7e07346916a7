#include <string.h>

#include "kernel.h"

/* Best first. */
static const struct arllie_kernel *const KERNELS[] = {
#if defined(__x86_64__) || defined(__i386__)
    &arllie_kernel_avx512,
    &arllie_kernel_avx2,
    &arllie_kernel_sse41,
#endif
#if defined(ARLLIE_NEON)
    &arllie_kernel_neon_dotprod,
    &arllie_kernel_neon,
#endif
    &arllie_kernel_portable,
};

static const struct arllie_kernel *current;

static const struct arllie_kernel *find(const char *name) {
    for (size_t i = 0; i < sizeof KERNELS / sizeof *KERNELS; i++)
        if ((!name || !strcmp(name, KERNELS[i]->name)) && KERNELS[i]->available())
            return KERNELS[i];
    return NULL;
}

const struct arllie_kernel *arllie_current_kernel(void) {
    const struct arllie_kernel *kernel = __atomic_load_n(&current, __ATOMIC_ACQUIRE);
    if (!kernel) {
        kernel = find(NULL);
        __atomic_store_n(&current, kernel, __ATOMIC_RELEASE);
    }
    return kernel;
}

const char *arllie_instruction_set(void) {
    return arllie_current_kernel()->name;
}

int arllie_force_instruction_set(const char *name) {
    const struct arllie_kernel *kernel = find(name);
    if (!kernel)
        return ARLLIE_NO_INSTRUCTION_SET;
    __atomic_store_n(&current, kernel, __ATOMIC_RELEASE);
    return ARLLIE_OK;
}

int arllie_abi_version(void) {
    return ARLLIE_ABI_VERSION;
}

const char *arllie_error_text(int error) {
    static const char *const TEXTS[] = {
        "no error",
        "a pointer is null, or one to a structure is not aligned",
        "a side is below 1 or too large, or the two pictures differ in size",
        "a stride is smaller than a row or leaves the address space",
        "the picture format is unknown",
        "the two pictures overlap without being the same",
        "the model is damaged or of another version",
        "the number of threads is not within 1 and 64",
        "there is no memory for the row buffers",
        "the instruction set is unknown or this processor lacks it",
    };
    if (error < 0 || (size_t)error >= sizeof TEXTS / sizeof *TEXTS)
        return "unknown error";
    return TEXTS[error];
}
