"""PyTorch on an NVIDIA GPU, for the benchmark: eager, compiled, or recorded once as a CUDA graph and replayed.

Times by the GPU's own clock are those of CUDA events (CUDA C++ Programming Guide, "Events"); graphs are recorded after
a warm-up on a stream of their own, as torch.cuda.graph asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.runtimes.base import Layout, Runtime, Source
from arllie_deploy.runtimes.torch import Program, compiled, program

if TYPE_CHECKING:
    from torch import Tensor

_DEVICE = "cuda"
_WARM_UP_CALLS = 3


class _Opened:
    layout: Layout = "NHWC"
    frame_dtypes = frozenset([np.dtype(np.uint8)])
    size = None

    def __init__(self, made: Program, how: str) -> None:
        import torch

        self.threads: int = torch.get_num_threads()
        properties = torch.cuda.get_device_properties(_DEVICE)
        self.executed_by = f"torch on CUDA, {how}: {properties.name}"
        self.peak_bytes_per_s = peak_bytes_per_s(properties.memory_clock_rate, properties.memory_bus_width)
        self._program = made
        self._held: tuple[NDArray[np.float32], Tensor] | None = None

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        result: NDArray[np.float32] = self._run(tensor)
        return result

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        result: NDArray[Any] = self._run(frame[None])[0]
        return result

    def kernel_ms(self, tensor: NDArray[np.float32]) -> float:
        """What the GPU computes for a frame that it holds already."""
        import torch

        if self._held is None or self._held[0] is not tensor:
            self._held = tensor, torch.from_numpy(tensor).to(_DEVICE)
        held = self._held[1]
        return self._events_ms(lambda: self._program(held))

    def transfer_ms(self, tensor: NDArray[np.float32]) -> float:
        """The frame to the GPU and back."""
        import torch

        source = torch.from_numpy(tensor)
        return self._events_ms(lambda: source.to(_DEVICE).cpu())

    def _run(self, values: NDArray[Any]) -> Any:
        import torch

        with torch.inference_mode():
            return self._program(torch.from_numpy(values).to(_DEVICE)).cpu().numpy()

    def _events_ms(self, work: Callable[[], object]) -> float:
        import torch

        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]  # torch's
        torch.cuda.synchronize()
        with torch.inference_mode():
            start.record()
            work()
            end.record()
        end.synchronize()
        return float(start.elapsed_time(end))


def recorded(made: Program) -> Program:
    """The program recorded as a CUDA graph for each type and shape that comes, and replayed."""
    import torch

    graphs: dict[tuple[Any, ...], tuple[Any, Tensor, Tensor]] = {}

    def replay(values: Tensor) -> Tensor:
        key = (values.dtype, *values.shape)
        if key not in graphs:
            graphs[key] = _record(made, values)
        graph, taken, given = graphs[key]
        taken.copy_(values)
        graph.replay()
        return given

    def _record(made: Program, values: Tensor) -> tuple[Any, Tensor, Tensor]:
        taken = values.clone()
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # torch's
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(_WARM_UP_CALLS):
                made(taken)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            given = made(taken)
        return graph, taken, given

    return replay


def peak_bytes_per_s(memory_clock_khz: int, bus_bits: int) -> float | None:
    """What a GPU's memory can move: twice per clock on the whole bus; None where the driver tells no clock or bus.

    Args:
        memory_clock_khz: as in cudaDeviceProp.memoryClockRate.
        bus_bits: as in cudaDeviceProp.memoryBusWidth.
    """
    peak = 2.0 * memory_clock_khz * 1000.0 * bus_bits / 8.0
    return peak if peak > 0 else None


def _open(make: Callable[[Enhancer], Program], how: str) -> Callable[[Source, int | None], _Opened]:
    def open_(source: Source, threads: int | None) -> _Opened:
        import torch

        if isinstance(source, Path):
            raise ArllieError(f"torch opens model files (.safetensors), not {source.name}")
        if not torch.cuda.is_available():
            raise UnavailableError(f"this torch ({torch.__version__}) reaches no CUDA device: {_mend(torch)}")
        # TF32 would round every product to 10 bits.
        torch.backends.cudnn.allow_tf32 = False
        return _Opened(make(source), how)

    return open_


def _mend(torch: Any) -> str:
    if torch.version.cuda is None:
        return "install a build of torch for CUDA in its place"
    return "nvidia-smi says whether the driver works and fits it"


def _row(name: str, make: Callable[[Enhancer], Program], how: str) -> Runtime:
    return Runtime(
        name=name,
        distribution="torch",
        module="torch",
        extra="train",
        opens=None,
        opens_enhancer=True,
        open=_open(make, how),
    )


EAGER = _row("torch", lambda enhancer: program(enhancer, _DEVICE), "eager")
COMPILED = _row("torch-compiled", lambda enhancer: compiled(enhancer, _DEVICE), "compiled by Inductor")
GRAPH = _row("torch-graph", lambda enhancer: recorded(program(enhancer, _DEVICE)), "as a CUDA graph")
