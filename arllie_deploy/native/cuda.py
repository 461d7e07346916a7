"""The native kernel on an NVIDIA GPU: a model made ready, and frames in the GPU's memory enhanced by it."""

from __future__ import annotations

from ctypes import Structure, c_int16, c_int32, c_int64, c_uint16, c_void_p
from dataclasses import dataclass
from functools import cache
from math import ceil

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.native.cuda_build import ENTRY, architecture_for, compile_kernel, supported_capabilities
from arllie_deploy.native.cuda_driver import Buffer, Driver
from arllie_deploy.native.kernel import integer_struct
from arllie_deploy.native.library import IntegerStruct
from arllie_deploy.native.logistic_form import LOGISTIC_FORMS
from arllie_deploy.native.logistic_table import logistic_tables

# As in cuda/arllie.cu, cuda/epilogue.cuh and cuda/weights.cuh.
THREADS = 1024
PIECE_BYTES = 192
_WARPS = THREADS // 32
_TABLE_BYTES, _WEIGHTS_BYTES = 4 * 16384, 4 * 384
# What a piece costs besides its rows, in rows: the two beyond its ends and the start.
ROWS_LOST = 2
TALLEST_STRIP = 128


class LogisticStruct(Structure):
    """`struct arllie_logistic` of cuda/frames.cuh."""

    _fields_ = (("c0", c_uint16 * 64), ("c1", c_int16 * 64))


class FramesStruct(Structure):
    """`struct arllie_frames` of cuda/frames.cuh."""

    _fields_ = (
        ("source", c_void_p),
        ("target", c_void_p),
        ("source_row", c_int64),
        ("source_frame", c_int64),
        ("target_row", c_int64),
        ("target_frame", c_int64),
        ("width", c_int32),
        ("height", c_int32),
        ("count", c_int32),
        ("strip", c_int32),
    )


@dataclass(frozen=True, eq=False)
class CudaModel:
    """A model made ready for a GPU.

    Attributes:
        integers: of the model.
        logistic: constants of its epilogue, zeros where that has no logistic function.
        epilogue: its name.
        code: a cubin or PTX of that epilogue's kernel.
    """

    integers: IntegerStruct
    logistic: LogisticStruct
    epilogue: str
    code: bytes


def compiled_model(enhancer: Enhancer, capability: int) -> CudaModel:
    """A model with code for a GPU.

    Args:
        enhancer: the model; its integer form must exist.
        capability: of the GPU, 10 · major + minor.

    Raises:
        UnavailableError: without NVRTC, or if the GPU is older than sm_80.
        ArllieError: if the model has no integer form.
    """
    epilogue = enhancer.epilogue
    return CudaModel(integer_struct(enhancer), logistic_struct(epilogue), epilogue, _code(epilogue, capability))


class CudaKernel:
    """A model on a GPU.

    Args:
        model: with code for it.
        driver: of the GPU.
    """

    def __init__(self, model: CudaModel, driver: Driver) -> None:
        self._driver, self._model, self._shared_bytes = driver, model, shared_bytes(model.epilogue)
        self._function = driver.function(model.code, ENTRY, self._shared_bytes)

    def enhance(self, source: Buffer, target: Buffer, width: int, height: int, count: int = 1) -> None:
        """Put into the stream: `count` packed RGB24 frames of `source` to `target`, which is another buffer."""
        row = 3 * width
        frames = FramesStruct(
            source=source.address.value,
            target=target.address.value,
            source_row=row,
            source_frame=row * height,
            target_row=row,
            target_frame=row * height,
            width=width,
            height=height,
            count=count,
            strip=strip_rows(width, height, count, _WARPS * self._driver.multiprocessors),
        )
        all_pieces = pieces(width, height, count, frames.strip)
        if all_pieces >= 2**31 - 2**20:
            raise ArllieError(f"{count} frames of {width}x{height} are too many for one call; give them in parts")
        blocks = min(self._driver.multiprocessors, ceil(all_pieces / _WARPS))
        arguments = [self._model.integers, self._model.logistic, frames]
        self._driver.launch(self._function, blocks, THREADS, self._shared_bytes, arguments)


def logistic_struct(epilogue: str) -> LogisticStruct:
    """The constants of an epilogue's logistic function; zeros where it has none."""
    struct = LogisticStruct()
    if epilogue in LOGISTIC_FORMS:
        table = logistic_tables(epilogue)
        struct.c0[:], struct.c1[:] = table.c0, table.c1
    return struct


def shared_bytes(epilogue: str) -> int:
    """Of a block: its weights, and the logistic table where the epilogue has one."""
    return _WEIGHTS_BYTES + (_TABLE_BYTES if epilogue in LOGISTIC_FORMS else 0)


def pieces(width: int, height: int, count: int, strip: int) -> int:
    """How many pieces of 64 columns and `strip` rows the frames have."""
    return ceil(3 * width / PIECE_BYTES) * ceil(height / strip) * count


def strip_rows(width: int, height: int, count: int, warps: int) -> int:
    """The rows of a piece with which the warps, taking pieces in turns, are done first."""

    def cost(strip: int) -> int:
        return ceil(pieces(width, height, count, strip) / warps) * (strip + ROWS_LOST)

    return min(range(1, min(height, TALLEST_STRIP) + 1), key=cost)


@cache
def _code(epilogue: str, capability: int) -> bytes:
    return compile_kernel(epilogue, architecture_for(capability, supported_capabilities())).code
