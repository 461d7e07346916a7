"""The native kernel on an NVIDIA GPU, for the benchmark: frames of bytes through one CUDA graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import check_frame, to_frame
from arllie_deploy.native.cuda import CudaKernel, CudaModel, compiled_model
from arllie_deploy.native.cuda_build import nvrtc_absence
from arllie_deploy.native.cuda_driver import Buffer, Driver, Recording, Stopwatch, driver_absence
from arllie_deploy.runtimes.base import Layout, Source
from arllie_deploy.runtimes.native_frames import native_row
from arllie_deploy.runtimes.torch_cuda import peak_bytes_per_s


class _Place:
    """Buffers on the GPU for one size of frame, and the graph that enhances the one into the other."""

    def __init__(self, driver: Driver, kernel: CudaKernel, shape: tuple[int, ...]) -> None:
        height, width, _ = shape
        self.source, self.target = (Buffer(driver, height * width * 3) for _ in range(2))
        with Recording(driver) as self.graph:
            kernel.enhance(self.source, self.target, width, height)


class OpenedOnGpu:
    """See `OpenedModel`; made of a driver and a model with code for its GPU."""

    layout: Layout = "NHWC"
    threads = 1
    frame_dtypes = frozenset([np.dtype(np.uint8)])
    size = None
    #: Bytes of a pixel, read and written, that the kernel has to move.
    pixel_bytes = 6

    def __init__(self, driver: Driver, model: CudaModel) -> None:
        self._driver, self._kernel = driver, CudaKernel(model, driver)
        self._places: dict[tuple[int, ...], _Place] = {}
        self._stopwatch = Stopwatch(self._driver)
        self._held: NDArray[np.float32] | None = None
        self.executed_by = f"native kernel on CUDA, as a CUDA graph: {self._driver.name}"
        self.peak_bytes_per_s = peak_bytes_per_s(self._driver.memory_clock_khz, self._driver.memory_bus_bits)

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """A frame of floats, rounded to bytes and back."""
        return self.run(to_frame(tensor[0], np.uint8))[None].astype(np.float32) / np.float32(255.0)

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        """The enhanced frame."""
        check_frame(frame)
        if frame.dtype != np.uint8:
            raise ArllieError(f"the native kernel takes frames of 8 bits, got {frame.dtype}")
        pixels = np.ascontiguousarray(frame)
        place, result = self._place(frame.shape), np.empty_like(pixels)
        self._held = None
        place.source.put(pixels)
        place.graph.play()
        place.target.get(result)
        self._driver.synchronize()
        return result

    def kernel_ms(self, tensor: NDArray[np.float32]) -> float:
        """What the GPU computes for a frame that it holds already."""
        place = self._place(tensor.shape[1:])
        if self._held is not tensor:
            place.source.put(to_frame(tensor[0], np.uint8))
            self._driver.synchronize()
            self._held = tensor
        with self._stopwatch:
            place.graph.play()
        return self._stopwatch.milliseconds

    def transfer_ms(self, tensor: NDArray[np.float32]) -> float:
        """The frame's bytes to the GPU and back."""
        place, pixels = self._place(tensor.shape[1:]), to_frame(tensor[0], np.uint8)
        self._held = None
        with self._stopwatch:
            place.source.put(pixels)
            place.source.get(pixels)
        return self._stopwatch.milliseconds

    def _place(self, shape: tuple[int, ...]) -> _Place:
        self._driver.enter()
        if shape not in self._places:
            self._places = {shape: _Place(self._driver, self._kernel, shape)}
        return self._places[shape]


def _open(source: Source, threads: int | None) -> OpenedOnGpu:
    if isinstance(source, Path):
        raise ArllieError(f"the native kernel opens model files (.safetensors), not {source.name}")
    driver = Driver()
    return OpenedOnGpu(driver, compiled_model(source, driver.capability))


def _absence() -> str | None:
    return driver_absence() or nvrtc_absence()


ROW = native_row(
    name="native-cuda",
    opens=None,
    opens_enhancer=True,
    open=_open,
    absence=_absence,
)
