/* The convolution as products of tiles on the tensor cores.
 *
 * A row of the left matrix is a group of 4 pixels: 12 bytes of output, whose taps lie in 5 aligned words of each of 3
 * rows of the picture, from 4 bytes before the group on. These 15 words are the 64 bytes of K, 4 bytes a lane:
 *     words 0..3 of the row above, of the row itself, of the row below; then word 4 of the three, and nothing.
 * So no byte is moved to be multiplied: what a lane loads is what it feeds. A column is one half of the weights of one
 * pixel and channel, w = 256 * high + low: lane n of four finishes pixel n of its group and gets both halves of it.
 */
#ifndef ARLLIE_WEIGHTS_CUH
#define ARLLIE_WEIGHTS_CUH

#include "arllie.h"
#include "device.cuh"

#define ARLLIE_STEPS 2              /* of 32 bytes of K */
#define ARLLIE_CHANNELS 3
#define ARLLIE_FRAGMENT_WORDS (ARLLIE_STEPS * ARLLIE_CHANNELS * 2 * 32)

/* One byte of the right matrix: what byte `byte` of word `word` (0..15) adds to a half of a pixel's channel. */
ARLLIE_DEVICE int32_t weight_byte(const arllie_model &model, int word, int byte, int channel, int pixel, int half) {
    const int row = word < 12 ? word / 4 : word - 12;
    const int in_row = word < 12 ? word % 4 : 4;
    const int tap = 4 * in_row - 4 + byte - (3 * pixel - 3);    /* of the 9 in a row: [kx][ci] */
    if (row > 2 || tap < 0 || tap > 8)
        return 0;
    const int32_t weight = model.weights[channel][9 * row + tap];
    const int32_t low = static_cast<int8_t>(weight & 255);
    return half == 0 ? low : (weight - low) >> 8;
}

/* Word `index` of all lanes' weights, ordered [step][channel][register][lane]. */
ARLLIE_DEVICE uint32_t weight_word(const arllie_model &model, int index) {
    const int lane = index % 32, part = index / 32 % 2, channel = index / 64 % 3, step = index / 192;
    const int word = 8 * step + 4 * part + lane % 4, column = lane / 4;
    uint32_t packed = 0;
    for (int byte = 0; byte < 4; byte++)
        packed |= (weight_byte(model, word, byte, channel, column / 2, column % 2) & 255u) << (8 * byte);
    return packed;
}

#endif
