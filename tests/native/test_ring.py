"""Frames go round a ring in order, none is lost, and nobody waits for ever."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy.errors import ArllieError
from arllie_deploy.native.ring import ClosedError, Ring, Slot

SIZE = (2, 3)
# A wait that is to be ended by another thread is over SOON, long before it would end by itself.
SHORT, SOON, LONG = 0.02, 5.0, 30.0


def _taken(ring: Ring) -> Slot:
    slot = ring.take(LONG)
    assert slot is not None
    return slot


def _fill(ring: Ring, value: int) -> None:
    slot = ring.acquire(LONG)
    slot.frame[:] = value
    ring.submit(slot)


def test_a_buffer_is_a_frame_of_the_size() -> None:
    slot = Ring((5, 7), 1).acquire()
    assert (slot.frame.shape, slot.frame.dtype, slot.number) == ((5, 7, 3), np.uint8, -1)
    assert slot.frame.flags.c_contiguous


@pytest.mark.parametrize(("size", "frames"), [((0, 3), 4), ((3, -1), 4), ((3, 3), 0)])
def test_a_ring_without_pixels_or_buffers_is_refused(size: tuple[int, int], frames: int) -> None:
    with pytest.raises(ArllieError, match="at least 1"):
        Ring(size, frames)


@given(frames=st.integers(1, 5), steps=st.lists(st.sampled_from("aaasstr"), max_size=60))
def test_whatever_one_thread_does_order_is_kept_and_no_buffer_is_in_two_hands(frames: int, steps: list[str]) -> None:
    ring = Ring(SIZE, frames)
    filling: list[Slot] = []
    waiting: list[int] = []
    reading: list[Slot] = []
    submitted = 0
    for step in steps:
        if step == "a":
            if len(filling) + len(waiting) + len(reading) < frames:
                filling.append(ring.acquire(0))
            else:
                with pytest.raises(TimeoutError):
                    ring.acquire(0)
        elif step == "s" and filling:
            slot = filling.pop()
            slot.frame[:] = submitted
            ring.submit(slot)
            assert slot.number == submitted
            waiting.append(submitted)
            submitted += 1
        elif step == "t" and waiting:
            reading.append(_taken(ring))
            assert reading[-1].number == waiting.pop(0)
            assert (reading[-1].frame == reading[-1].number).all()
        elif step == "r" and reading:
            ring.release(reading.pop(0))
        assert len({id(slot) for slot in filling + reading}) == len(filling) + len(reading)


@pytest.mark.parametrize("frames", [1, 2, 4])
def test_a_writer_and_a_reader_meet_every_frame_once(frames: int) -> None:
    ring, count = Ring(SIZE, frames), 200

    def write() -> None:
        for value in range(count):
            _fill(ring, value % 256)
        ring.end()

    seen = []
    with ThreadPoolExecutor(1) as threads:
        writer = threads.submit(write)
        while (slot := ring.take(LONG)) is not None:
            seen.append((slot.number, int(slot.frame.min()), int(slot.frame.max())))
            ring.release(slot)
        writer.result(LONG)
    assert seen == [(i, i % 256, i % 256) for i in range(count)]


def test_a_full_ring_holds_the_writer_up_until_a_buffer_is_released() -> None:
    ring = Ring(SIZE, 2)
    for value in range(2):
        _fill(ring, value)
    with pytest.raises(TimeoutError, match="no buffer became free"):
        ring.acquire(SHORT)
    slot = _taken(ring)
    with pytest.raises(TimeoutError):
        ring.acquire(SHORT)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(ring.acquire, LONG)
        assert not waiting.done()
        ring.release(slot)
        assert waiting.result(SOON) is slot
    assert slot.number == -1


def test_an_empty_ring_holds_the_reader_up() -> None:
    ring = Ring(SIZE, 2)
    with pytest.raises(TimeoutError, match="no frame was submitted"):
        ring.take(SHORT)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(ring.take, LONG)
        _fill(ring, 7)
        taken = waiting.result(SOON)
    assert taken is not None
    assert (taken.frame == 7).all()


@pytest.mark.parametrize(
    "wait", [lambda ring: ring.acquire(LONG), lambda ring: ring.take(LONG)], ids=["acquire", "take"]
)
def test_closing_wakes_whoever_waits(wait: Callable[[Ring], object]) -> None:
    ring = Ring(SIZE, 1)
    ring.acquire()
    with ThreadPoolExecutor(3) as threads:
        waiting: list[Future[object]] = [threads.submit(wait, ring) for _ in range(3)]
        time.sleep(SHORT)
        assert not any(future.done() for future in waiting)
        ring.close()
        for future in waiting:
            with pytest.raises(ClosedError, match="closed"):
                future.result(SOON)


def test_a_closed_ring_gives_nothing_and_takes_buffers_back() -> None:
    with Ring(SIZE, 3) as ring:
        _fill(ring, 1)
        _fill(ring, 2)
        filling, reading = ring.acquire(), _taken(ring)
    for call in (ring.acquire, ring.take, lambda: ring.submit(filling)):
        with pytest.raises(ClosedError):
            call()
    ring.release(filling)
    ring.release(reading)
    ring.close()
    with pytest.raises(ArllieError, match="nobody holds"):
        ring.release(filling)


def test_what_was_submitted_before_the_end_is_still_read() -> None:
    ring = Ring(SIZE, 3)
    _fill(ring, 1)
    late = ring.acquire()
    ring.end()
    for call in (ring.acquire, lambda: ring.submit(late)):
        with pytest.raises(ClosedError, match="no more frames"):
            call()
    assert (_taken(ring).frame == 1).all()
    assert ring.take() is None
    assert ring.take() is None


def test_the_end_wakes_a_writer_and_a_reader_that_wait() -> None:
    ring = Ring(SIZE, 1)
    ring.acquire()
    with ThreadPoolExecutor(2) as threads:
        writer, reader = threads.submit(ring.acquire, LONG), threads.submit(ring.take, LONG)
        time.sleep(SHORT)
        ring.end()
        assert reader.result(SOON) is None
        with pytest.raises(ClosedError):
            writer.result(SOON)


def test_a_slot_is_handed_over_once_and_to_its_own_ring() -> None:
    ring, other = Ring(SIZE, 2), Ring(SIZE, 2)
    slot = ring.acquire()
    for call in (other.submit, other.release):
        with pytest.raises(ArllieError, match="this slot"):
            call(slot)
    ring.submit(slot)
    for call in (ring.submit, ring.release):
        with pytest.raises(ArllieError, match="this slot"):
            call(slot)
    unfilled = ring.acquire()
    ring.release(unfilled)
    assert ring.acquire(0) is unfilled
