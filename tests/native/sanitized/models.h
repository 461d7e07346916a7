/* Models that the library must take, up to the ends of what it takes. */
#ifndef SANITIZED_MODELS_H
#define SANITIZED_MODELS_H

#include "arllie.h"

struct arllie_model integer_model(int epilogue, uint64_t seed);
struct arllie_float_model float_model(int epilogue, uint64_t seed);

#endif
