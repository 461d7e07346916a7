/* What makes a model safe to compute with: the kernels rely on it and check nothing themselves. */
#ifndef ARLLIE_MODEL_H
#define ARLLIE_MODEL_H

#include "arllie.h"

/* Of a pointer to a structure: reading through one that is not aligned would be undefined. */
#define ARLLIE_IS_UNUSABLE(pointer) (!(pointer) || (uintptr_t)(pointer) % _Alignof(__typeof__(*(pointer))))

int arllie_check_model(const struct arllie_model *model);
int arllie_check_float_model(const struct arllie_float_model *model);

#endif
