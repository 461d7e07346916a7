/* A runner with a model that is the same for every frame. */
#include <string.h>

#include "runner.h"

/* Made for each model. */
extern const float arllie_artifact_weights[NUMBERS];
const struct arllie_model *arllie_artifact_model(void);

const char *runner_refusal(const struct request *request) {
    static const int32_t EPILOGUES[] = {ARLLIE_RESIDUAL, ARLLIE_DIRECT, ARLLIE_PLAIN, ARLLIE_CURVE};
    if (request->epilogue >= sizeof EPILOGUES / sizeof *EPILOGUES)
        return "an epilogue that it does not know";
    if (EPILOGUES[request->epilogue] != arllie_artifact_model()->epilogue ||
        memcmp(request->numbers, arllie_artifact_weights, sizeof request->numbers) != 0)
        return "the request is of another model than the one inside; export a runner of that model";
    return NULL;
}

int runner_enhance(const struct arllie_picture *from, const struct arllie_picture *to) {
    return arllie_enhance(arllie_artifact_model(), from, to, 1);
}

void runner_tell(void) {
}
