"""Frames leave the pipeline as from statistics, kernel and picture in separate steps, one frame behind."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.enhancers import random_adaptive, random_enhancer

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.models import find_model
from arllie_deploy.native.integer import quantize
from arllie_deploy.native.kernel import float_struct
from arllie_deploy.native.library import library, library_path
from arllie_deploy.native.oracle import enhance
from arllie_deploy.native.ring import ClosedError
from arllie_deploy.native.video import VideoPipeline
from arllie_deploy.statistics import frame_statistics
from arllie_deploy.stored_model import Model
from arllie_deploy.temporal import Smoother, is_cut

pytestmark = pytest.mark.skipif(library_path() is None, reason="the native kernel was not built here")
Frame = NDArray[np.uint8]
LONG = 30.0
# A scene that grows brighter, and another one.
LEVELS = (20, 22, 25, 25, 200, 190)


def _clip(height: int = 45, width: int = 67, levels: Sequence[int] = LEVELS) -> list[Frame]:
    rng = np.random.default_rng(0)
    return [rng.integers(level // 2, level + 1, (height, width, 3), np.uint8) for level in levels]


def _step(model: Enhancer, frame: Frame) -> Frame:
    try:
        return enhance(quantize(model), frame)
    except ArllieError:
        return library().enhance(float_struct(model), frame)


def _in_steps(model: Model, frames: Sequence[Frame]) -> list[Frame]:
    if not isinstance(model, AdaptiveEnhancer):
        return [_step(model, frame) for frame in frames]
    smoother = Smoother()
    seen = [smoother.update(frame_statistics(frame)) for frame in frames]
    return [
        _step(model.condition(statistics), frame)
        for statistics, frame in zip([seen[0], *seen[:-1]], frames, strict=True)
    ]


def _put(pipeline: VideoPipeline, frame: Frame) -> None:
    slot = pipeline.acquire(LONG)
    slot.frame[:] = frame
    pipeline.submit(slot)


def _get(pipeline: VideoPipeline) -> Frame:
    slot = pipeline.take(LONG)
    assert slot is not None
    frame = slot.frame.copy()
    pipeline.release(slot)
    return frame


def _by_turns(pipeline: VideoPipeline, frames: Sequence[Frame]) -> list[Frame]:
    enhanced = []
    for frame in frames:
        _put(pipeline, frame)
        enhanced.append(_get(pipeline))
    return enhanced


def _shipped() -> AdaptiveEnhancer:
    model = find_model("arllie-adaptive")
    assert isinstance(model, AdaptiveEnhancer)
    return model


@pytest.mark.parametrize("model", [_shipped(), *map(random_adaptive, ("curve", "plain", "basis")), random_enhancer()])
def test_one_thread_gets_the_bytes_of_the_separate_steps(model: Model) -> None:
    frames = _clip()
    assert is_cut(frame_statistics(frames[3]), frame_statistics(frames[4]))
    found = _by_turns(VideoPipeline(model, (45, 67), threads=1), frames)
    for number, (enhanced, expected) in enumerate(zip(found, _in_steps(model, frames), strict=True)):
        np.testing.assert_array_equal(enhanced, expected, f"frame {number}")


def test_a_frame_has_the_kernel_of_those_before_it() -> None:
    model, frames = _shipped(), _clip()
    own = enhance(quantize(model.for_frame(frames[4])), frames[4])
    found = _by_turns(VideoPipeline(model, (45, 67), threads=1), frames)
    assert (found[0] == enhance(quantize(model.for_frame(frames[0])), frames[0])).all()
    assert np.abs(found[4].astype(int) - own).max() > 20, "the first frame after the cut is still the old scene's"


@settings(max_examples=50)
@given(
    height=st.integers(1, 120),
    width=st.integers(1, 120),
    buffers=st.integers(1, 4),
    levels=st.lists(st.integers(0, 255), min_size=1, max_size=6),
)
def test_size_and_buffers_change_nothing(height: int, width: int, buffers: int, levels: list[int]) -> None:
    model, frames = _shipped(), _clip(height, width, levels)
    pipeline = VideoPipeline(model, (height, width), threads=1, frames=buffers)
    expected = _in_steps(model, frames)
    done = 0
    for number, frame in enumerate(frames):
        if number - done == buffers:
            np.testing.assert_array_equal(_get(pipeline), expected[done])
            done += 1
        _put(pipeline, frame)
    for enhanced in expected[done:]:
        np.testing.assert_array_equal(_get(pipeline), enhanced)


@pytest.mark.parametrize("readers", [1, 3])
def test_capturing_and_reading_threads_lose_and_exchange_nothing(readers: int) -> None:
    model, frames = _shipped(), _clip(130, 210, [10 + i % 90 for i in range(40)])
    expected, found = _in_steps(model, frames), {}

    def read() -> None:
        while (slot := pipeline.take(LONG)) is not None:
            found[slot.number] = slot.frame.copy()
            pipeline.release(slot)

    with (
        VideoPipeline(model, (130, 210), threads=2, frames=3) as pipeline,
        ThreadPoolExecutor(readers) as threads,
    ):
        reading = [threads.submit(read) for _ in range(readers)]
        for frame in frames:
            _put(pipeline, frame)
        pipeline.end()
        for future in reading:
            future.result(LONG)
    assert sorted(found) == list(range(40))
    for number, enhanced in enumerate(expected):
        np.testing.assert_array_equal(found[number], enhanced, f"frame {number}")


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_strips_on_many_threads_change_nothing(threads: int) -> None:
    model, frames = _shipped(), _clip(601, 803)
    found = _by_turns(VideoPipeline(model, (601, 803), threads=threads, frames=2), frames)
    for number, (enhanced, expected) in enumerate(zip(found, _in_steps(model, frames), strict=True)):
        np.testing.assert_array_equal(enhanced, expected, f"frame {number}")


def test_a_frame_whose_kernel_integers_refuse_is_computed_in_floats() -> None:
    model, frame = random_adaptive("curve"), _clip()[0]
    with pytest.raises(ArllieError, match="use floats"):
        quantize(model.for_frame(frame))
    (found,) = _by_turns(VideoPipeline(model, (45, 67), threads=1), [frame])
    np.testing.assert_array_equal(found, library().enhance(float_struct(model.for_frame(frame)), frame))


def test_a_frame_that_fails_gives_its_buffer_back_and_the_next_ones_go_on() -> None:
    model, frames = _shipped(), _clip()
    pipeline = VideoPipeline(model, (45, 67), threads=1, frames=1)
    _put(pipeline, frames[0])
    _get(pipeline)
    slot = pipeline.acquire()
    slot.frame.flags.writeable = False
    pipeline.submit(slot)
    with pytest.raises(ArllieError, match="writable"):
        pipeline.take(LONG)
    assert pipeline.acquire(0) is slot
    slot.frame.flags.writeable = True
    slot.frame[:] = frames[1]
    pipeline.submit(slot)
    np.testing.assert_array_equal(_get(pipeline), _in_steps(model, frames[:2])[1])


def test_waiting_ends_by_timeout_and_by_closing() -> None:
    pipeline = VideoPipeline(_shipped(), (4, 4), threads=1, frames=1)
    with pytest.raises(TimeoutError, match="no frame"):
        pipeline.take(0.01)
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(pipeline.take) for _ in range(2)]
        time.sleep(0.02)
        with pytest.raises(TimeoutError, match="another thread"):
            pipeline.take(0.01)
        pipeline.close()
        for future in waiting:
            with pytest.raises(ClosedError):
                future.result(5.0)


@pytest.mark.parametrize("threads", [0, 65])
def test_threads_that_the_kernel_does_not_take_are_refused(threads: int) -> None:
    with pytest.raises(ArllieError, match="1 to 64"):
        VideoPipeline(_shipped(), (4, 4), threads=threads)


def test_all_memory_that_grows_with_the_frame_is_the_ring() -> None:
    pipeline = VideoPipeline(_shipped(), (1080, 1920), threads=2, frames=2)
    slots = [pipeline.acquire() for _ in range(2)]
    buffers = {slot.frame.ctypes.data for slot in slots}
    for _ in range(3):
        for slot in slots:
            pipeline.submit(slot)
        taken = [pipeline.take(LONG), pipeline.take(LONG)]
        for slot in taken:
            assert slot is not None
            pipeline.release(slot)
        slots = [pipeline.acquire(0) for _ in range(2)]
        assert {slot.frame.ctypes.data for slot in slots} == buffers
    assert library().extra_memory_bytes(1920, 1080, 2) <= 2**20
