// The CUDA kernel on the CPU. Arguments: width, height, count, source row, source frame, source offset, target row,
// target frame, target offset, strip, blocks, threads, ulps by which the reciprocal is off. stdin: model, logistic
// constants, source memory; stdout: target memory, which began as bytes of 0xA5. "quotients" alone checks all divisions.
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "instructions.hpp"

#include "arllie.cu"

static std::function<void()> body;

static void enter() {
    body();
    self().done = true;
    swapcontext(&self().context, &scheduler);
}

// One turn of a thread: up to its next instruction in common.
static void resume(int thread) {
    threadIdx.x = thread;
    swapcontext(&scheduler, &lanes[thread]->context);
}

static void run_block(int threads) {
    lanes.clear();
    for (int thread = 0; thread < threads; thread++) {
        lanes.push_back(std::make_unique<lane_state>());
        lane_state &lane = *lanes.back();
        getcontext(&lane.context);
        lane.context.uc_stack.ss_sp = lane.stack.data();
        lane.context.uc_stack.ss_size = lane.stack.size();
        makecontext(&lane.context, enter, 0);
    }
    for (bool all_done = false; !all_done;) {
        all_done = true;
        const bool all_wait = std::all_of(lanes.begin(), lanes.end(), [](auto &lane) { return lane->waits_for_block; });
        for (int thread = 0; thread < threads; thread++) {
            if (all_wait)
                lanes[thread]->waits_for_block = false;
            if (!lanes[thread]->done && !lanes[thread]->waits_for_block) {
                resume(thread);
                all_done = false;
            } else if (lanes[thread]->waits_for_block) {
                all_done = false;
            }
        }
    }
}

static std::vector<uint8_t> read_bytes(size_t count) {
    std::vector<uint8_t> bytes(count);
    if (fread(bytes.data(), 1, count, stdin) != count)
        exit(2);
    return bytes;
}

#if ARLLIE_EPILOGUE == 1 || ARLLIE_EPILOGUE == 3
// Every quotient that is used: of 65280 x (or 256 U) by A, rounded half up, at most 255.
static int check_quotients() {
    long wrong = 0;
    for (reciprocal_ulps = -2; reciprocal_ulps <= 2; reciprocal_ulps++)
        for (int64_t a = 1; a <= 65535; a++)
            for (int64_t x = 0; x < 256; x++) {
                // Numerators around each place where the result changes.
                const int64_t edge = ARLLIE_EPILOGUE == 1 ? 65280 * x : ((2 * x + 1) * a / 512) * 256;
                for (int64_t m = edge; m <= edge + (ARLLIE_EPILOGUE == 1 ? 0 : 256); m += 256) {
                    const int64_t exact = min<int64_t>((2 * m + a) / (2 * a), 255);
                    if (m > 256 * 65535)
                        continue;
                    const float q = divided(static_cast<float>(m), static_cast<float>(a));
                    wrong += (rounded_bits(fminf(q, 255.0f)) >> 8 & 255) != exact;
                }
            }
    printf("%ld\n", wrong);
    return wrong != 0;
}
#endif

int main(int argc, char **argv) {
#if ARLLIE_EPILOGUE == 1 || ARLLIE_EPILOGUE == 3
    if (argc == 2 && strcmp(argv[1], "quotients") == 0)
        return check_quotients();
#endif
    if (argc != 14)
        return 2;
    long long given[14] = {};
    for (int i = 1; i < 14; i++)
        given[i] = atoll(argv[i]);
    arllie_model model;
    arllie_logistic logistic;
    memcpy(&model, read_bytes(sizeof model).data(), sizeof model);
    memcpy(&logistic, read_bytes(sizeof logistic).data(), sizeof logistic);
    arllie_frames frames = {};
    frames.width = given[1], frames.height = given[2], frames.count = given[3];
    frames.source_row = given[4], frames.source_frame = given[5];
    frames.target_row = given[7], frames.target_frame = given[8];
    frames.strip = given[10];
    // Exactly what the last frame's last row ends with, so that a sanitizer sees every byte too far.
    const auto size = [&](long long row, long long frame, long long offset) {
        return offset + (frames.count - 1) * frame + (frames.height - 1) * row + 3 * frames.width;
    };
    const std::vector<uint8_t> source = read_bytes(size(given[4], given[5], given[6]));
    std::vector<uint8_t> target(size(given[7], given[8], given[9]), 0xA5);
    frames.source = source.data() + given[6];
    frames.target = target.data() + given[9];
    reciprocal_ulps = given[13];
    gridDim.x = given[11], blockDim.x = given[12];
    body = [&] { arllie_enhance_frames(model, logistic, frames); };
    for (blockIdx.x = 0; blockIdx.x < gridDim.x; blockIdx.x++)
        run_block(blockDim.x);
    fwrite(target.data(), 1, target.size(), stdout);
    return 0;
}
