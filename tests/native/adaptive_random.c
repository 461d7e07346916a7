/* Random calls of the conditioning, for the sanitizers: statistics, heads, clips and curves of which many are damaged.
 * What is refused must be untouched, what is made must be finite and taken by the kernel. Prints what was done.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adaptive/arllie_adaptive.h"

#define HIDDEN 9

static uint64_t state = 1;

static uint32_t random_bits(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

static int one_in(uint32_t count) {
    return random_bits() % count == 0;
}

/* Of any size and sign; once in a while any float at all, and so not a number or infinite. */
static float random_float(float size) {
    const uint32_t bits = random_bits() << 1 ^ random_bits();
    float any;
    memcpy(&any, &bits, sizeof any);
    return one_in(50000) ? any : size * ((float)random_bits() / 1073741824.0f - 1.0f);
}

static void fill(float *numbers, int count, float size) {
    for (int i = 0; i < count; i++)
        numbers[i] = random_float(size);
}

static void check(int holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        exit(1);
    }
}

/* The kernel takes the model and a frame of 3x2 pixels. */
static void use(const struct arllie_conditioned *model) {
    uint8_t pixels[18] = {0, 255, 3};
    const struct arllie_picture picture = {ARLLIE_RGB24, 3, 2, 0, {pixels, NULL}, {9, 0}};
    check(!arllie_enhance_conditioned(model, &picture, &picture, 1, NULL), "the kernel refuses what was made");
}

static struct arllie_statistics *random_statistics(void) {
    static const int32_t PIXELS[] = {1, 4, 9, 16};
    struct arllie_statistics *statistics = calloc(1, sizeof *statistics);
    statistics->rows = (int32_t)(random_bits() % 66) - one_in(9);
    statistics->columns = one_in(20) ? (int32_t)(random_bits() << 1) : (int32_t)(random_bits() % 65);
    statistics->pixels = one_in(20) ? (int32_t)random_bits() : PIXELS[random_bits() % 4];
    const uint32_t most = one_in(20) ? 65536 : one_in(3) ? 3 : 255u * (uint32_t)(statistics->pixels & 31) + 1;
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < ARLLIE_PLACES * ARLLIE_PLACES; i++)
            statistics->sums[c][i] = (uint16_t)(random_bits() % (most ? most : 1));
    return statistics;
}

static int condition_once(void) {
    const float size = one_in(4) ? 100.0f : 0.3f;
    float mean[ARLLIE_FEATURES], deviation[ARLLIE_FEATURES], *hidden = malloc(HIDDEN * ARLLIE_FEATURES * 4);
    float hidden_bias[HIDDEN], *output = malloc(ARLLIE_HEAD_OUTPUTS * HIDDEN * 4), output_bias[ARLLIE_HEAD_OUTPUTS];
    fill(mean, ARLLIE_FEATURES, 1.0f);
    fill(deviation, ARLLIE_FEATURES, 0.5f);
    for (int i = 0; i < ARLLIE_FEATURES && !one_in(200); i++)
        deviation[i] = fabsf(deviation[i]) + 1e-3f;
    fill(hidden, HIDDEN * ARLLIE_FEATURES, size);
    fill(hidden_bias, HIDDEN, size);
    fill(output, ARLLIE_HEAD_OUTPUTS * HIDDEN, size);
    fill(output_bias, ARLLIE_HEAD_OUTPUTS, size);
    const struct arllie_head head = {ARLLIE_HEAD_VERSION, one_in(30) ? (int32_t)(random_bits() << 1) % 9 : HIDDEN, mean,
                                     deviation, hidden, hidden_bias, output, output_bias};
    struct arllie_statistics *statistics = random_statistics();
    struct arllie_clip clip = {.is_started = one_in(2)}, before = clip;
    struct arllie_conditioned model = {.fits = 77};
    const int error = arllie_condition(&head, statistics, one_in(2) ? NULL : &clip, &model);
    if (error)
        check(model.fits == 77 && !memcmp(&clip, &before, sizeof clip), "a call that was refused has written");
    else
        use(&model);
    free(statistics);
    free(hidden);
    free(output);
    return !error;
}

static int curve_once(void) {
    static const float SIZES[] = {1e-6f, 0.3f, 3.0f, 16.0f, 3e3f, 1e30f};
    struct arllie_conditioned model = {.real = {.version = ARLLIE_MODEL_VERSION, .epilogue = ARLLIE_CURVE}};
    fill(model.real.weights[0], 3 * ARLLIE_TAPS, SIZES[random_bits() % 6]);
    fill(model.real.bias, 3, SIZES[random_bits() % 6]);
    model.real.gain = powf(10.0f, random_float(8.0f));
    model.real.knee = powf(10.0f, random_float(8.0f));
    model.integer.version = 77;
    model.fits = !arllie_curve_integers(&model.real, &model.integer);
    if (model.fits)
        use(&model);
    else
        check(model.integer.version == 77, "a call that was refused has written");
    return model.fits;
}

int main(int count, char **words) {
    const int rounds = count > 1 ? atoi(words[1]) : 1000;
    int conditioned = 0, fitted = 0;
    for (int i = 0; i < rounds; i++) {
        conditioned += condition_once();
        fitted += curve_once();
    }
    printf("%d calls each, %d conditioned, %d curves in integers\n", rounds, conditioned, fitted);
    return 0;
}
