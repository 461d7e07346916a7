"""Engines that misbehave, for the benchmark's workers: `support.bench_runtimes:CRASHING` and so on."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import UnavailableError
from arllie_deploy.runtimes.base import Layout, OpenedModel, Runtime, Source

MODULE = "support.bench_runtimes"


class Reference:
    """Does everything right."""

    layout: Layout = "NHWC"
    threads = 1
    frame_dtypes = frozenset([np.dtype(np.uint8)])
    size: tuple[int, int] | None = None
    executed_by = "a test on the CPU"

    def __init__(self, enhancer: Enhancer) -> None:
        self.enhancer = enhancer
        self.calls = 0

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        self.calls += 1
        return self.enhancer.reference(tensor[0].astype(np.float64))[None].astype(np.float32)

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        return self.enhancer.enhance(frame)


class Crashing(Reference):
    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        os.kill(os.getpid(), signal.SIGSEGV)
        return tensor


class Exiting(Reference):
    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        os.write(2, b"license expired\n")
        os._exit(3)


class Hanging(Reference):
    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        time.sleep(3600)
        return tensor


class Raising(Reference):
    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        raise RuntimeError("delegate\nrefused the graph")


class RaisingLate(Reference):
    """Right at first: the check passes, some calls are timed, then it fails."""

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.calls == 12:
            raise RuntimeError("device lost")
        return super().infer(tensor)


class Wrong(Reference):
    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        return super().infer(tensor) + np.float32(2e-5)


class WrongOnOneFrame(Reference):
    """Right, but on a frame whose first pixel is black."""

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        return super().infer(tensor) + np.float32(2e-5 if not tensor[0, 0, 0].any() else 0)


class WrongFrame(Reference):
    """Its tensors are right, its frames are not: the channels are swapped."""

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        return super().run(frame)[:, :, ::-1]


class NotFinite(Reference):
    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.full_like(tensor, np.nan)


class OtherShape(Reference):
    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        return super().infer(tensor)[:, :-1]


class Emulated(Reference):
    """Executed by an emulator that counts; it must be asked for a frame once, never for a time."""

    executed_by = "qemu-hexagon, a test"
    integer_tensors = True

    def infer(self, tensor: NDArray[Any]) -> NDArray[Any]:
        raise AssertionError("an emulator has no time")

    def run_counted(self, frame: NDArray[Any]) -> tuple[NDArray[Any], dict[str, int]]:
        self.calls += 1
        return self.enhancer.enhance(frame), {"packets": 4 * frame[..., 0].size * self.calls, "instructions": 9}


class EmulatedWrong(Emulated):
    """Its bytes are those of the frame turned over."""

    def run_counted(self, frame: NDArray[Any]) -> tuple[NDArray[Any], dict[str, int]]:
        enhanced, counts = super().run_counted(frame)
        return enhanced[::-1], counts


class Talking(Reference):
    """Writes to the process's stdout, as native engines do."""

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        os.write(1, b'INFO: {"ms": [1000000]}\n')
        return super().infer(tensor)


class Lacking(Reference):
    """Needs what is not there."""

    def __init__(self, enhancer: Enhancer) -> None:
        raise UnavailableError("no Vulkan device: install your GPU's driver")


class Spawning(Reference):
    """Starts a process that outlives it; the number is in the file that SPAWNED_FILE names."""

    def __init__(self, enhancer: Enhancer) -> None:
        super().__init__(enhancer)
        child = subprocess.Popen(["sleep", "3600"])
        Path(os.environ["SPAWNED_FILE"]).write_text(f"{os.getpid()} {child.pid}")


class Interrupting(Reference):
    """Presses Ctrl-C in the parent once some rounds are done."""

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.calls == 60:
            os.kill(os.getppid(), signal.SIGINT)
        return super().infer(tensor)


class InterruptingAtOnce(Reference):
    """Presses Ctrl-C in the parent before there is a time."""

    def __init__(self, enhancer: Enhancer) -> None:
        super().__init__(enhancer)
        os.kill(os.getppid(), signal.SIGINT)


def _row(opened: Callable[[Enhancer], OpenedModel]) -> Runtime:
    def open_(source: Source, threads: int | None) -> OpenedModel:
        assert isinstance(source, Enhancer)
        return opened(source)

    return Runtime("test", "numpy", "numpy", None, None, True, open_)


GOOD = _row(Reference)
CRASHING = _row(Crashing)
EXITING = _row(Exiting)
HANGING = _row(Hanging)
RAISING = _row(Raising)
RAISING_LATE = _row(RaisingLate)
WRONG = _row(Wrong)
WRONG_ON_ONE_FRAME = _row(WrongOnOneFrame)
WRONG_FRAME = _row(WrongFrame)
NOT_FINITE = _row(NotFinite)
OTHER_SHAPE = _row(OtherShape)
EMULATED = _row(Emulated)
EMULATED_WRONG = _row(EmulatedWrong)
TALKING = _row(Talking)
LACKING = _row(Lacking)
SPAWNING = _row(Spawning)
INTERRUPTING = _row(Interrupting)
INTERRUPTING_AT_ONCE = _row(InterruptingAtOnce)
