/* For libFuzzer: any bytes are one call. */
#include "wish.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    const struct wish wish = wish_from_bytes(bytes, count);
    return check_wish(&wish) == NO_MEMORY_FOR_IT ? -1 : 0 /* not worth keeping */;
}
