"""The CUDA driver's calls that the kernel needs, through ctypes: modules, memory, streams, events and graphs.

CUDA Driver API, "Module Management", "Memory Management", "Stream Management", "Event Management", "Graph Management".
"""

from __future__ import annotations

import ctypes
import os
import sys
from ctypes import byref, c_char_p, c_float, c_int, c_size_t, c_uint, c_uint64, c_void_p, create_string_buffer
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError, UnavailableError

_LIBRARY = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
_MISSING = f"no CUDA driver: {_LIBRARY} is not here; install NVIDIA's driver"
# Linux, its containers, the Windows Subsystem for Linux; Windows.
_DRIVER_PLACES = (
    *("/proc/driver/nvidia/version", "/dev/nvidiactl", "/dev/dxg"),
    f"{os.environ.get('SYSTEMROOT', '/nowhere')}/System32/{_LIBRARY}",
)
# Of CUdevice_attribute and CUfunction_attribute.
_MULTIPROCESSORS, _CLOCK_KHZ, _BUS_BITS, _MAJOR, _MINOR = 16, 36, 37, 75, 76
_MOST_DYNAMIC_SHARED_BYTES = 8
_CAPTURE_THREAD_LOCAL = 1


def driver_absence() -> str | None:
    """Why there is no CUDA driver here, None if there seems to be one; loads nothing."""
    return None if any(Path(place).exists() for place in _DRIVER_PLACES) else _MISSING


class Driver:
    """The first GPU and its primary context, which torch and others in the process share.

    Attributes:
        name: of the GPU.
        capability: 10 · major + minor.
        multiprocessors: their number.
        memory_clock_khz, memory_bus_bits: of its memory; 0 where the driver does not tell.

    Raises:
        UnavailableError: without a driver or a GPU; with the driver's words.
    """

    def __init__(self) -> None:
        try:
            self._calls = ctypes.CDLL(_LIBRARY)
        except OSError:
            raise UnavailableError(_MISSING) from None
        self._device = c_int()
        try:
            self.call("cuInit", c_uint(0))
            self.call("cuDeviceGet", byref(self._device), c_int(0))
        except ArllieError as error:
            raise UnavailableError(f"{error}; nvidia-smi says whether the driver works and sees a GPU") from None
        self._context = c_void_p()
        self.call("cuDevicePrimaryCtxRetain", byref(self._context), self._device)
        name = create_string_buffer(256)
        self.call("cuDeviceGetName", name, c_int(len(name)), self._device)
        self.name = name.value.decode(errors="replace")
        self.capability = 10 * self._attribute(_MAJOR) + self._attribute(_MINOR)
        self.multiprocessors = self._attribute(_MULTIPROCESSORS)
        self.memory_clock_khz, self.memory_bus_bits = self._attribute(_CLOCK_KHZ), self._attribute(_BUS_BITS)
        self.enter()
        self.stream = c_void_p()
        self.call("cuStreamCreate", byref(self.stream), c_uint(1))  # waits for no other stream

    def enter(self) -> None:
        """Make the context that of this thread; needed once in each."""
        self.call("cuCtxSetCurrent", self._context)

    def call(self, name: str, *arguments: Any) -> None:
        """One function of the driver, given ctypes; raises `ArllieError` with the driver's words."""
        status = getattr(self._calls, name)(*arguments)
        if status:
            text = c_char_p()
            self._calls.cuGetErrorString(c_int(status), byref(text))
            raise ArllieError(f"CUDA driver, {name}: {(text.value or b'unknown error').decode()} ({status})")

    def function(self, code: bytes, entry: str, shared_bytes: int) -> c_void_p:
        """Load a cubin or PTX and find a kernel in it, allowed `shared_bytes` of dynamic shared memory."""
        module, found = c_void_p(), c_void_p()
        self.call("cuModuleLoadData", byref(module), code)
        self.call("cuModuleGetFunction", byref(found), module, entry.encode())
        self.call("cuFuncSetAttribute", found, c_int(_MOST_DYNAMIC_SHARED_BYTES), c_int(shared_bytes))
        return found

    def launch(
        self, function: c_void_p, blocks: int, threads: int, shared_bytes: int, arguments: list[ctypes.Structure]
    ) -> None:
        """Put a kernel into the stream; the arguments are copied during the call."""
        pointers = (c_void_p * len(arguments))(*(ctypes.addressof(argument) for argument in arguments))
        sizes = [c_uint(size) for size in (blocks, 1, 1, threads, 1, 1, shared_bytes)]
        self.call("cuLaunchKernel", function, *sizes, self.stream, pointers, None)

    def synchronize(self) -> None:
        """Wait until the stream is empty."""
        self.call("cuStreamSynchronize", self.stream)

    def release(self, name: str, handle: Any) -> None:
        """Give something back; at the end of the process the driver may already be gone, which is no error."""
        if handle.value:
            getattr(self._calls, name)(handle)

    def _attribute(self, which: int) -> int:
        value = c_int()
        self.call("cuDeviceGetAttribute", byref(value), c_int(which), self._device)
        return value.value


class Buffer:
    """Memory of the GPU, freed with the object."""

    def __init__(self, driver: Driver, size: int) -> None:
        self._driver, self.address = driver, c_uint64()
        driver.call("cuMemAlloc_v2", byref(self.address), c_size_t(size))

    def __del__(self) -> None:
        self._driver.release("cuMemFree_v2", self.address)

    def put(self, values: NDArray[np.uint8]) -> None:
        """Copy contiguous bytes to it, in the stream's order."""
        size = c_size_t(values.nbytes)
        self._driver.call("cuMemcpyHtoDAsync_v2", self.address, c_void_p(values.ctypes.data), size, self._driver.stream)

    def get(self, values: NDArray[np.uint8]) -> None:
        """Copy its bytes to contiguous ones, in the stream's order."""
        size = c_size_t(values.nbytes)
        self._driver.call("cuMemcpyDtoHAsync_v2", c_void_p(values.ctypes.data), self.address, size, self._driver.stream)


class Recording:
    """What is put into the stream inside `with` is not done but recorded, as a CUDA graph to be played."""

    def __init__(self, driver: Driver) -> None:
        self._driver, self._executable = driver, c_void_p()

    def __enter__(self) -> Recording:
        self._driver.call("cuStreamBeginCapture_v2", self._driver.stream, c_int(_CAPTURE_THREAD_LOCAL))
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        graph = c_void_p()
        self._driver.call("cuStreamEndCapture", self._driver.stream, byref(graph))
        if kind is None:
            self._driver.call("cuGraphInstantiateWithFlags", byref(self._executable), graph, c_uint64(0))
        self._driver.call("cuGraphDestroy", graph)

    def __del__(self) -> None:
        self._driver.release("cuGraphExecDestroy", self._executable)

    def play(self) -> None:
        """Do it, in the stream's order."""
        self._driver.call("cuGraphLaunch", self._executable, self._driver.stream)


class Stopwatch:
    """Times what is put into the stream inside `with` by the GPU's own clock."""

    def __init__(self, driver: Driver) -> None:
        self._driver, self._start, self._end = driver, c_void_p(), c_void_p()
        for event in (self._start, self._end):
            driver.call("cuEventCreate", byref(event), c_uint(0))

    def __del__(self) -> None:
        for event in (self._start, self._end):
            self._driver.release("cuEventDestroy_v2", event)

    def __enter__(self) -> Stopwatch:
        self._driver.call("cuEventRecord", self._start, self._driver.stream)
        return self

    def __exit__(self, *error: object) -> None:
        self._driver.call("cuEventRecord", self._end, self._driver.stream)

    @property
    def milliseconds(self) -> float:
        """Of the last use; waits for its end."""
        found = c_float()
        self._driver.call("cuEventSynchronize", self._end)
        self._driver.call("cuEventElapsedTime", byref(found), self._start, self._end)
        return found.value
