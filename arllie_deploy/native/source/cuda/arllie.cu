/* The native kernel for NVIDIA GPUs from sm_80 on: RGB24 to RGB24 in one pass, the bytes of the integer pipeline.
 *
 * A warp takes a piece of 64 columns and some rows of one frame and goes down it. Lane 4 g + n holds word n of the
 * groups g and g + 8 of 4 pixels each in three rows, and finishes pixel n of both (weights.cuh). Blocks stay: each
 * makes its weights and its table once, and its warps take one piece after another.
 */
#include "arllie.h"
#include "device.cuh"
#include "epilogue.cuh"
#include "frames.cuh"
#include "weights.cuh"

#define ARLLIE_THREADS 1024         /* of a block, of which one fits a multiprocessor: all its registers */
#define ARLLIE_PIECE_PIXELS 64
#define ARLLIE_PIECE_BYTES 192
#define ARLLIE_HALF_BYTES 96        /* from group g to group g + 8 */

struct piece {
    const uint8_t *source;          /* of its frame */
    uint8_t *target;
    int left;                       /* byte of a row */
    int top, bottom;
};

/* How a piece lies in the rows: all that it reads is in them; its words are either in a row or not; or neither. */
enum path { INSIDE, WORDS, BYTES };

/* What a lane needs to know about its place, the same for all rows. */
struct place {
    int word, last, out;            /* byte of the row: of its word, of the group's last word, of what it writes */
    uint32_t own, joined;           /* selectors of own_pixel and of put_pixel */
    bool writes;
};

ARLLIE_DEVICE place place_of(int left, int lane) {
    const int group = left + 12 * (lane / 4), n = lane % 4;
    place found;
    found.word = group + 4 * n - 4;
    found.last = group + 12;
    found.out = group + 4 * n;
    found.own = n == 0 ? 0x0654u : n == 1 ? 0x0543u : n == 2 ? 0x0432u : 0x0321u;
    found.joined = n == 0 ? 0x4210u : n == 1 ? 0x5421u : 0x6542u;
    found.writes = n < 3;
    return found;
}

/* The word at `from`, which is byte `offset` of a row, 0 standing for what lies outside of the row. */
template <path PATH>
ARLLIE_DEVICE uint32_t get_word(const uint8_t *from, int offset, int row_bytes, bool row_is_there) {
    uint32_t word = 0;
    if (PATH == BYTES) {
        for (int byte = 0; byte < 4; byte++)
            if (row_is_there && offset >= 0 && offset + byte < row_bytes)
                word |= load_byte(from + byte) << (8 * byte);
    } else if (row_is_there && (PATH == INSIDE || (offset >= 0 && offset < row_bytes))) {
        word = load_word(from);
    }
    return word;
}

/* Writes the lane's pixel, of which `to` is where the lane's word of the group goes, byte `offset` of the row. */
template <path PATH>
ARLLIE_DEVICE void put_pixel(uint8_t *to, int offset, const place &at, uint32_t pixel, int row_bytes, int lane) {
    if (PATH == BYTES) {
        const int back = lane % 4;      /* a pixel has 3 bytes, a word 4 */
        for (int byte = 0; byte < 3; byte++)
            if (offset - back < row_bytes)
                to[byte - back] = static_cast<uint8_t>(pixel >> (8 * byte));
    } else {
        /* Four lanes hold 3 bytes each; three of them write the 12 as words. */
        const uint32_t word = pick_bytes(pixel, of_next_lane(pixel), at.joined);
        if (at.writes && (PATH == INSIDE || offset < row_bytes))
            *reinterpret_cast<uint32_t *>(to) = word;
    }
}

/* The lane's pixel from its word of the row and the next lane's; the highest byte is that of 2^23 as a float. */
ARLLIE_DEVICE uint32_t own_pixel(uint32_t word, const place &at) {
    return pick_bytes(pick_bytes(word, of_next_lane(word), at.own), 0x4B000000u, 0x7210u);
}

/* Sums of the lane's two pixels; the words are [group g, group g + 8]. */
ARLLIE_DEVICE void convolve(const uint32_t above[2], const uint32_t row[2], const uint32_t below[2],
                            const uint32_t last[2], const uint32_t weights[2][3][2], const int32_t bias[3],
                            int32_t sums[2][3]) {
    const uint32_t first_half[4] = {above[0], above[1], row[0], row[1]};
    const uint32_t second_half[4] = {below[0], below[1], last[0], last[1]};
    for (int channel = 0; channel < ARLLIE_CHANNELS; channel++) {
        const int32_t nothing[4] = {0, 0, 0, 0};
        int32_t halves[4], found[4];
        multiply_tile(halves, first_half, weights[0][channel], nothing);
        multiply_tile(found, second_half, weights[1][channel], halves);
        sums[0][channel] = found[0] + (256 * found[1] + bias[channel]);
        sums[1][channel] = found[2] + (256 * found[3] + bias[channel]);
    }
}

template <path PATH>
ARLLIE_DEVICE void do_piece(const arllie_model &model, const arllie_frames &frames, const piece &given,
                            const uint32_t weights[2][3][2], int lane) {
    const int row_bytes = 3 * frames.width, half_bytes = ARLLIE_HALF_BYTES;
    const place at = place_of(given.left, lane);
    /* Lane n reads the last word of the row above, of the row itself or of the one below; what lane 3 has weighs 0. */
    const int last_row = lane % 4 == 3 ? 0 : lane % 4 - 1;
    const int64_t step = frames.source_row;
    const uint8_t *source = given.source + given.top * step + at.word;
    const uint8_t *last_source = given.source + (given.top + last_row) * step + at.last;
    uint8_t *target = given.target + given.top * frames.target_row + at.out;
    uint32_t above[2], row[2];
    for (int half = 0; half < 2; half++) {
        const int by = half * half_bytes;
        above[half] = get_word<PATH>(source - step + by, at.word + by, row_bytes, given.top > 0);
        row[half] = get_word<PATH>(source + by, at.word + by, row_bytes, true);
    }
    ARLLIE_NO_UNROLL
    for (int y = given.top; y < given.bottom; y++) {
        const bool last_is_there = static_cast<uint32_t>(y + last_row) < static_cast<uint32_t>(frames.height);
        uint32_t below[2], last[2], pixels[2], results[2];
        int32_t sums[2][3];
        source += step;
        for (int half = 0; half < 2; half++) {
            const int by = half * half_bytes;
            below[half] = get_word<PATH>(source + by, at.word + by, row_bytes, y + 1 < frames.height);
            last[half] = get_word<PATH>(last_source + by, at.last + by, row_bytes, last_is_there);
        }
        convolve(above, row, below, last, weights, model.bias, sums);
        for (int half = 0; half < 2; half++)
            pixels[half] = own_pixel(row[half], at);
        finish(model, sums, pixels, results);
        for (int half = 0; half < 2; half++) {
            const int by = half * half_bytes;
            put_pixel<PATH>(target + by, at.out + by, at, results[half], row_bytes, lane);
            above[half] = row[half];
            row[half] = below[half];
        }
        last_source += step;
        target += frames.target_row;
    }
}

/* Piece `index` of a launch: columns first, then strips of rows, then frames. */
ARLLIE_DEVICE piece piece_of(const arllie_frames &frames, int index, int columns, int strips) {
    const int column = index % columns, strip = index / columns % strips, frame = index / columns / strips;
    piece found;
    found.source = frames.source + frame * frames.source_frame;
    found.target = frames.target + frame * frames.target_frame;
    found.left = ARLLIE_PIECE_BYTES * column;
    found.top = strip * frames.strip;
    found.bottom = min(found.top + frames.strip, frames.height);
    return found;
}

/* Whether every row of every frame begins at a multiple of 4 bytes. */
ARLLIE_DEVICE bool is_aligned(const arllie_frames &frames) {
    const uint64_t all = reinterpret_cast<uint64_t>(frames.source) | reinterpret_cast<uint64_t>(frames.target) |
                         static_cast<uint64_t>(frames.source_row | frames.source_frame | frames.target_row |
                                               frames.target_frame);
    return all % 4 == 0;
}

/* `count * strips * columns` is below 2^31; ARLLIE_SHARED_BYTES of dynamic shared memory. */
ARLLIE_KERNEL(ARLLIE_THREADS, 1)
arllie_enhance_frames(const __grid_constant__ arllie_model model, const __grid_constant__ arllie_logistic logistic,
                      const __grid_constant__ arllie_frames frames) {
    const int thread = threadIdx.x, lane = thread % 32;
    (void)logistic;                 /* not every epilogue has a table */
    for (int index = thread; index < ARLLIE_FRAGMENT_WORDS; index += blockDim.x)
        arllie_shared[ARLLIE_TABLE_WORDS + index] = weight_word(model, index);
#if ARLLIE_IS_LOGISTIC
    for (int index = thread; index < ARLLIE_TABLE_ENTRIES; index += blockDim.x)
        arllie_shared[index] = table_word(model.floor, logistic, index);
#endif
    wait_for_block();
    uint32_t weights[ARLLIE_STEPS][ARLLIE_CHANNELS][2];
    for (int part = 0; part < ARLLIE_STEPS * ARLLIE_CHANNELS * 2; part++)
        weights[part / 6][part / 2 % 3][part % 2] = arllie_shared[ARLLIE_TABLE_WORDS + 32 * part + lane];

    const int row_bytes = 3 * frames.width;
    const int columns = (row_bytes + ARLLIE_PIECE_BYTES - 1) / ARLLIE_PIECE_BYTES;
    const int strips = (frames.height + frames.strip - 1) / frames.strip;
    const int pieces = columns * strips * frames.count, warps = gridDim.x * (blockDim.x / 32);
    const bool aligned = is_aligned(frames);
    for (int index = blockIdx.x * (blockDim.x / 32) + thread / 32; index < pieces; index += warps) {
        const piece given = piece_of(frames, index, columns, strips);
        const int end = given.left + ARLLIE_PIECE_BYTES;
        if (aligned && given.left > 0 && end + 4 <= row_bytes)
            do_piece<INSIDE>(model, frames, given, weights, lane);
        else if (aligned && (end + 4 <= row_bytes || row_bytes % 4 == 0))
            do_piece<WORDS>(model, frames, given, weights, lane);
        else
            do_piece<BYTES>(model, frames, given, weights, lane);
    }
}
