"""A ring of frame buffers that are filled and read in turn: no frame is copied, lost or overtaken."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError


class ClosedError(ArllieError):
    """The ring was closed, or takes no more frames."""


@dataclass(eq=False)
class Slot:
    """One buffer, which belongs to whoever acquired or took it until it is submitted or released.

    Attributes:
        frame: (height, width, 3) uint8, RGB, C-contiguous; its contents are arbitrary when it is acquired.
        number: the place of the frame in the order of submission, from 0; −1 before.
    """

    frame: NDArray[np.uint8]
    number: int = -1


class Ring:
    """Buffers for frames of one size; a slow reader holds the writer up instead of losing frames.

    A writer calls `acquire`, fills `slot.frame` and calls `submit`; a reader calls `take`, reads `slot.frame` and calls
    `release`. One thread may do both, or any number of threads may do either: every method may be called from any
    thread at any time. Leaving a `with` block closes the ring.

    Args:
        size: height and width.
        frames: how many buffers, at least 1. With one, writer and reader take turns.

    Raises:
        ArllieError: if one of the three numbers is below 1.
    """

    def __init__(self, size: tuple[int, int], frames: int) -> None:
        if min(*size, frames) < 1:
            raise ArllieError(f"a ring of {frames} frames of {size[1]}×{size[0]}; each number must be at least 1")
        memory = np.empty((frames, *size, 3), np.uint8)
        self._free = deque(Slot(frame) for frame in memory)
        self._submitted: deque[Slot] = deque()
        self._filled_now: set[Slot] = set()
        self._read_now: set[Slot] = set()
        self._numbers = 0
        self._ended = self._closed = False
        self._changed = Condition()

    def acquire(self, timeout: float | None = None) -> Slot:
        """A free buffer to fill; waits for one.

        Args:
            timeout: in seconds; None waits without end.

        Raises:
            TimeoutError: if none became free: the reader is too slow, or nobody reads.
            ClosedError: after `close` or `end`.
        """
        with self._changed:
            self._wait(lambda: bool(self._free) or self._ended, timeout, "no buffer became free")
            if self._ended:
                raise ClosedError("the ring takes no more frames")
            slot = self._free.popleft()
            slot.number = -1
            self._filled_now.add(slot)
            return slot

    def submit(self, slot: Slot) -> None:
        """Hand a filled buffer over; it is read after all that were submitted before it.

        Raises:
            ArllieError: if the slot was not acquired from this ring, or was given back already.
            ClosedError: after `close` or `end`.
        """
        with self._changed:
            if self._closed or self._ended:
                raise ClosedError("the ring takes no more frames")
            if slot not in self._filled_now:
                raise ArllieError("this slot is not being filled; submit what acquire gave, once")
            self._filled_now.remove(slot)
            slot.number = self._numbers
            self._numbers += 1
            self._submitted.append(slot)
            self._changed.notify_all()

    def take(self, timeout: float | None = None) -> Slot | None:
        """The frame that was submitted first among those not taken yet; waits for one.

        Args:
            timeout: in seconds; None waits without end.

        Returns:
            The slot, to be released; None once `end` was called and all frames have been taken.

        Raises:
            TimeoutError: if no frame came.
            ClosedError: after `close`.
        """
        with self._changed:
            self._wait(lambda: bool(self._submitted) or self._ended, timeout, "no frame was submitted")
            if not self._submitted:
                return None
            slot = self._submitted.popleft()
            self._read_now.add(slot)
            return slot

    def release(self, slot: Slot) -> None:
        """Give a buffer back: one that was read, or one that was acquired and cannot be filled.

        Raises:
            ArllieError: if nobody holds it.
        """
        with self._changed:
            holders = self._filled_now if slot in self._filled_now else self._read_now
            if slot not in holders:
                raise ArllieError("nobody holds this slot; release what acquire or take gave, once")
            holders.remove(slot)
            self._free.append(slot)
            self._changed.notify_all()

    def end(self) -> None:
        """No more frames come; those that were submitted can still be taken."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def close(self) -> None:
        """Wake whoever waits with `ClosedError`; frames that were not taken are dropped."""
        with self._changed:
            self._closed = True
            self._submitted.clear()
            self._changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wait(self, ready: Callable[[], bool], timeout: float | None, reason: str) -> None:
        if not self._changed.wait_for(lambda: self._closed or ready(), timeout):
            raise TimeoutError(f"{reason} within {timeout:g} s")
        if self._closed:
            raise ClosedError("the ring is closed")
