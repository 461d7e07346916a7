/* Between the runner and the kind of model inside. */
#ifndef ARLLIE_RUNNER_H
#define ARLLIE_RUNNER_H

#include "arllie.h"

enum { NUMBERS = 86 };

struct request {
    char magic[4];
    uint32_t version, kind, epilogue, width, height;
    float numbers[NUMBERS];
};

/* Why the request is not of the model inside, null if it is. */
const char *runner_refusal(const struct request *request);

/* As arllie_enhance, on this thread only. */
int runner_enhance(const struct arllie_picture *from, const struct arllie_picture *to);

/* Prints lines of JSON on how the last frame was enhanced, if there is anything to tell. */
void runner_tell(void);

#endif
