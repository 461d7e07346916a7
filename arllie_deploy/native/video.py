"""Video in the native kernel: frames in a ring, each enhanced in its own buffer, one pass over the memory for a frame.

An adaptive model needs statistics of the frame. Here they are summed up while the kernel reads the frame's rows, and
the kernel of the *next* frame is made of them: nothing looks at a frame twice. They are smoothed over time and start
over at a cut as for the frames of a folder. The price is a delay of one frame: the first frame of a new scene still
has the kernel of the old one.
"""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.native.kernel import float_struct, integer_struct
from arllie_deploy.native.library import FloatStruct, IntegerStruct, Library, StatisticsStruct, check_threads, library
from arllie_deploy.native.ring import Ring, Slot
from arllie_deploy.statistics import sample_statistics
from arllie_deploy.stored_model import Model
from arllie_deploy.temporal import Smoother

Frame = NDArray[np.uint8]


class VideoPipeline(Ring):
    """A ring whose frames come out enhanced, in the order in which they were submitted.

    The thread that calls `take` does the work, together with the kernel's sleeping threads; capturing into other
    buffers goes on meanwhile, because the interpreter's lock is not held. Python code that computes in another thread
    may keep that lock for `sys.getswitchinterval()` at the end of each frame.

    With an adaptive model, frame n > 0 gets what `model.condition(smoothed)` gives, `smoothed` being the statistics of
    the frames 0 to n − 1 through `Smoother`; frame 0 is conditioned on itself. Frames that the integers do not fit are
    computed in float32.

    Args:
        model: fixed or adaptive.
        size: height and width of all frames.
        threads: of the kernel, 1 to 64, among which the strips of a frame are shared.
        frames: buffers of the ring, which is all memory that grows with the frame: 4 of 1920×1080 take 25 MB.
        kernel: the library; the installed one otherwise.

    Raises:
        ArllieError: if a number is out of range.
        UnavailableError: if the native kernel was not built.
    """

    def __init__(
        self,
        model: Model,
        size: tuple[int, int],
        *,
        threads: int = 1,
        frames: int = 4,
        kernel: Library | None = None,
    ) -> None:
        super().__init__(size, frames)
        check_threads(threads)
        self._enhancing = _enhancing(model, kernel or library(), threads)
        self._turn = Lock()

    def take(self, timeout: float | None = None) -> Slot | None:
        """The oldest frame not taken yet, enhanced; see `Ring.take`. `timeout` covers the waiting only.

        Raises:
            TimeoutError: if no frame came, or other threads that take frames kept their turn.
            ClosedError: after `close`.
        """
        start = monotonic()
        if not self._turn.acquire(timeout=-1 if timeout is None else max(timeout, 0.0)):
            raise TimeoutError(f"another thread was enhancing for {timeout:g} s")
        try:
            # What the last frame taught is worked out before the wait for the next one, not after it.
            self._enhancing.prepare()
            slot = super().take(None if timeout is None else max(timeout - (monotonic() - start), 0.0))
            if slot is not None:
                self._enhance(slot)
            return slot
        finally:
            self._turn.release()

    def _enhance(self, slot: Slot) -> None:
        try:
            self._enhancing.enhance(slot.frame)
        except BaseException:
            self.release(slot)
            raise


class _Enhancing(Protocol):
    def prepare(self) -> None:
        """Do what can be done before the next frame is there."""

    def enhance(self, frame: Frame) -> None:
        """Enhance the next frame in place."""


class _Fixed:
    def __init__(self, model: Enhancer, kernel: Library, threads: int) -> None:
        self._struct, self._kernel, self._threads = _struct(model), kernel, threads

    def prepare(self) -> None:
        pass

    def enhance(self, frame: Frame) -> None:
        self._kernel.enhance(self._struct, frame, frame, threads=self._threads)


class _Adaptive:
    def __init__(self, model: AdaptiveEnhancer, kernel: Library, threads: int) -> None:
        self._model, self._kernel, self._threads = model, kernel, threads
        self._smoother = Smoother()
        self._statistics = StatisticsStruct()
        self._struct: IntegerStruct | FloatStruct | None = None
        self._is_new = False

    def prepare(self) -> None:
        if self._is_new:
            self._learn(self._statistics)
            self._is_new = False

    def enhance(self, frame: Frame) -> None:
        struct = self._struct or self._learn(self._kernel.look(frame))
        self._kernel.enhance(struct, frame, frame, threads=self._threads, statistics=self._statistics)
        self._is_new = True

    def _learn(self, statistics: StatisticsStruct) -> IntegerStruct | FloatStruct:
        smoothed = self._smoother.update(sample_statistics(statistics.samples))
        self._struct = _struct(self._model.condition(smoothed))
        return self._struct


def _enhancing(model: Model, kernel: Library, threads: int) -> _Enhancing:
    if isinstance(model, AdaptiveEnhancer):
        return _Adaptive(model, kernel, threads)
    return _Fixed(model, kernel, threads)


def _struct(enhancer: Enhancer) -> IntegerStruct | FloatStruct:
    try:
        return integer_struct(enhancer)
    except ArllieError:
        return float_struct(enhancer)
