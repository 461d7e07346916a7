"""The shared library of the native kernel through ctypes: its structures, where it lies, and its calls.

The library is built when the package is installed where a C compiler is there (arllie_deploy/native/source); the calls
release the interpreter's lock.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, Structure, byref, c_char_p, c_float, c_int, c_int16, c_int32, c_size_t, c_ssize_t, c_void_p
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.statistics import PLACES

ABI_VERSION, MODEL_VERSION = 1, 1
MOST_THREADS = 64
LARGEST_SIDE = 1 << 24
TAPS = 27
EPILOGUE_IDS = {"plain": 0, "residual": 1, "direct": 2, "curve": 3}
MISSING = (
    "the native kernel was not built, because no C compiler was found when the package was installed: "
    "apt-get install gcc libc6-dev, then pip install --force-reinstall --no-cache-dir --no-deps arllie-deploy"
)
_RGB24 = 0
_FILE_NAMES = ("libarllie.so", "libarllie.dylib", "arllie.dll")


class IntegerStruct(Structure):
    """`struct arllie_model` of arllie.h."""

    _fields_ = (
        ("version", c_int32),
        ("epilogue", c_int32),
        ("shift", c_int32),
        ("bias", c_int32 * 3),
        ("weights", c_int16 * (3 * TAPS)),
        ("reserved", c_int16),
        ("floor", c_int32),
        ("curve_shift", c_int32),
        ("curve_whole", c_int32),
        ("curve_fraction", c_int32),
        ("curve_offset", c_int32),
    )


class FloatStruct(Structure):
    """`struct arllie_float_model` of arllie.h."""

    _fields_ = (
        ("version", c_int32),
        ("epilogue", c_int32),
        ("bias", c_float * 3),
        ("weights", c_float * (3 * TAPS)),
        ("epsilon", c_float),
        ("gain", c_float),
        ("knee", c_float),
    )


class PictureStruct(Structure):
    """`struct arllie_picture` of arllie.h."""

    _fields_ = (
        ("format", c_int32),
        ("width", c_int32),
        ("height", c_int32),
        ("reserved", c_int32),
        ("plane", c_void_p * 2),
        ("stride", c_ssize_t * 2),
    )


class StatisticsStruct(Structure):
    """`struct arllie_statistics` of arllie.h."""

    _fields_ = (
        ("rows", c_int32),
        ("columns", c_int32),
        ("pixels", c_int32),
        ("reserved", c_int32),
        ("sums", ctypes.c_uint16 * (3 * PLACES**2)),
    )

    @property
    def samples(self) -> NDArray[np.float64]:
        """What `subsample` of `arllie_deploy.statistics` gives for the frame, to the last bit."""
        sums = np.frombuffer(self.sums, np.uint16).reshape(3, -1)[:, : self.rows * self.columns]
        return sums / float(self.pixels * 255)


class Library:
    """The loaded library.

    Raises:
        UnavailableError: if it is missing, cannot be loaded, or is of another version than this package.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._calls = ctypes.CDLL(str(path))
        except OSError as error:
            raise UnavailableError(f"{path}: the native kernel cannot be loaded ({error}); install it again") from None
        version = self._calls.arllie_abi_version()
        if version != ABI_VERSION:
            raise UnavailableError(f"{path} has version {version}, expected {ABI_VERSION}; install the package again")
        for name, struct in (("arllie_enhance", IntegerStruct), ("arllie_enhance_float", FloatStruct)):
            function = getattr(self._calls, name)
            function.argtypes = [POINTER(struct), POINTER(PictureStruct), POINTER(PictureStruct), c_int]
        self._calls.arllie_error_text.restype = c_char_p
        self._calls.arllie_instruction_set.restype = c_char_p
        self._calls.arllie_force_instruction_set.argtypes = [c_char_p]
        self._calls.arllie_extra_memory.argtypes = [c_int32, c_int32, c_int]
        self._calls.arllie_extra_memory.restype = c_size_t

    @property
    def instruction_set(self) -> str:
        """What it computes with: portable, sse4.1, avx2, avx512, neon or neon-dotprod."""
        return str(self._calls.arllie_instruction_set().decode())

    def force_instruction_set(self, name: str | None) -> None:
        """Use another one from now on, for measurements; None returns to the best.

        Raises:
            ArllieError: if this processor lacks it.
        """
        self._check(self._calls.arllie_force_instruction_set(None if name is None else name.encode()))

    def extra_memory_bytes(self, width: int, height: int, threads: int) -> int:
        """Memory that a call takes for itself."""
        return int(self._calls.arllie_extra_memory(width, height, threads))

    def enhance(
        self,
        model: IntegerStruct | FloatStruct,
        frame: NDArray[np.uint8],
        out: NDArray[np.uint8] | None = None,
        *,
        threads: int = 1,
        statistics: StatisticsStruct | None = None,
    ) -> NDArray[np.uint8]:
        """Enhance a frame; rows may lie apart, and `out` may be the frame itself.

        Args:
            model: integer or float.
            frame: (height, width, 3) uint8, RGB; copied only where the channels of a pixel or the pixels of a row do
                not lie side by side.
            out: of the same shape and type; None makes one.
            threads: 1 to 64.
            statistics: filled on the way with those of the frame as it was.

        Returns:
            `out`.

        Raises:
            ArllieError: on another shape or type, an `out` that overlaps the frame or cannot be written, another number
                of threads, or a model that the library refuses; nothing has been written then.
        """
        check_threads(threads)
        source = _packed(frame)
        target = np.empty(frame.shape, np.uint8) if out is None else out
        if target.shape != frame.shape or target.dtype != np.uint8:
            raise ArllieError(f"out is {target.dtype}{list(target.shape)}, expected uint8{list(frame.shape)}")
        if not target.flags.writeable or not _has_packed_rows(target):
            raise ArllieError("out must be writable, with the channels and the pixels of a row side by side")
        name = "arllie_enhance" if isinstance(model, IntegerStruct) else "arllie_enhance_float"
        arguments = (byref(model), byref(_picture(source)), byref(_picture(target)), threads)
        if statistics is None:
            self._check(getattr(self._calls, name)(*arguments))
        else:
            self._check(getattr(self._calls, f"{name}_with_statistics")(*arguments, byref(statistics)))
        return target

    def look(self, frame: NDArray[np.uint8]) -> StatisticsStruct:
        """The statistics of a frame that is not enhanced yet; `frame` as `enhance` takes it, raises as that does."""
        statistics = StatisticsStruct()
        self._check(self._calls.arllie_frame_statistics(byref(_picture(_packed(frame))), byref(statistics)))
        return statistics

    def error_text(self, error: int) -> str:
        """What the number that a call returned means."""
        return str(self._calls.arllie_error_text(error).decode())

    def _check(self, error: int) -> None:
        if error:
            raise ArllieError(f"native kernel: {self.error_text(error)}")


def library_path() -> Path | None:
    """Where the library lies; None where it was not built."""
    folder = Path(__file__).parent
    return next((folder / name for name in _FILE_NAMES if (folder / name).exists()), None)


@cache
def library() -> Library:
    """The library, loaded once; raises `UnavailableError` as `Library` does."""
    path = library_path()
    if path is None:
        raise UnavailableError(MISSING)
    return Library(path)


def check_threads(threads: int) -> None:
    """Raise `ArllieError` if the library does not take so many."""
    if not 1 <= threads <= MOST_THREADS:
        raise ArllieError(f"{threads} threads; the native kernel takes 1 to {MOST_THREADS}")


def _packed(frame: NDArray[Any]) -> NDArray[np.uint8]:
    if frame.ndim != 3 or frame.shape[2] != 3 or 0 in frame.shape or frame.dtype != np.uint8:
        raise ArllieError(f"a frame is uint8[height, width, 3], got {frame.dtype}{list(frame.shape)}")
    # Here, because 32 bits would hold another number than the one that was meant.
    if max(frame.shape) > LARGEST_SIDE:
        height, width, _ = frame.shape
        raise ArllieError(
            f"a frame of {width}×{height}; the native kernel takes sides of at most {LARGEST_SIDE} pixels"
        )
    return frame if _has_packed_rows(frame) else np.ascontiguousarray(frame)


def _has_packed_rows(array: NDArray[np.uint8]) -> bool:
    """Rows may lie apart, not upside down; a single row's or pixel's stride means nothing."""
    height, width, _ = array.shape
    row, pixel, channel = array.strides
    return channel == 1 and (pixel == 3 or width == 1) and (row >= 3 * width or height == 1)


def _picture(array: NDArray[np.uint8]) -> PictureStruct:
    height, width, _ = array.shape
    picture = PictureStruct(format=_RGB24, width=width, height=height)
    picture.plane[0] = array.ctypes.data
    picture.stride[0] = max(array.strides[0], 3 * width)
    return picture
