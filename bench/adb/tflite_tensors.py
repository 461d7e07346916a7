"""The frame as a TFLite file's input tensor, and its output tensor as a frame; the file is read, not run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.frames import to_unit

_TYPES: dict[str, np.dtype[Any]] = {
    "FLOAT32": np.dtype("<f4"),
    "INT8": np.dtype("i1"),
    "UINT8": np.dtype("u1"),
    "INT16": np.dtype("<i2"),
}


@dataclass(frozen=True)
class Tensor:
    """An input or output.

    Attributes:
        name: in the graph.
        shape: (1, height, width, 3).
        dtype: float32 or an integer, little-endian.
        scale: of an integer: what a step stands for.
        zero_point: the integer that stands for 0.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scale: float
    zero_point: int

    def encode(self, frame: NDArray[np.uint8]) -> bytes:
        """The contents for a uint8 frame (height, width, 3).

        Raises:
            ArllieError: if the frame is of another size.
        """
        if (1, *frame.shape) != self.shape:
            sizes = [f"{shape[1]}x{shape[0]}" for shape in (self.shape[1:3], frame.shape[:2])]
            raise ArllieError("the artifact holds {}, the frame is {}".format(*sizes))
        unit = to_unit(frame)
        if self.dtype.kind == "f":
            return unit.astype(self.dtype).tobytes()
        limits = np.iinfo(self.dtype)
        steps = np.rint(unit / self.scale) + self.zero_point
        return steps.clip(limits.min, limits.max).astype(self.dtype).tobytes()

    def decode(self, data: bytes) -> NDArray[np.float32]:
        """(height, width, 3) float32 from the contents.

        Raises:
            ArllieError: if they are of another length.
        """
        wanted = math.prod(self.shape) * self.dtype.itemsize
        if len(data) != wanted:
            raise ArllieError(f"its output has {len(data)} bytes, the graph's output tensor {wanted}")
        values = np.frombuffer(data, self.dtype).reshape(self.shape[1:]).astype(np.float32)
        if self.dtype.kind == "f":
            return values
        return (values - np.float32(self.zero_point)) * np.float32(self.scale)


@dataclass(frozen=True)
class Graph:
    """The only input and the only output of a file."""

    input: Tensor
    output: Tensor


def read_graph(path: Path) -> Graph:
    """Look into a .tflite file.

    Raises:
        UnavailableError: if the package that knows the format is not installed.
        ArllieError: if the file is damaged, or no graph from one frame to one frame.
    """
    if find_spec("ai_edge_litert") is None:
        raise UnavailableError('reading .tflite files needs ai_edge_litert: pip install "arllie-deploy[tflite]"')
    from ai_edge_litert import schema_py_generated as schema

    data = path.read_bytes()
    if data[4:8] != b"TFL3":
        raise ArllieError(f"{path}: not a TFLite file")
    try:
        subgraph = schema.ModelT.InitFromPackedBuf(data, 0).subgraphs[0]
        ends = [[subgraph.tensors[index] for index in indices] for indices in (subgraph.inputs, subgraph.outputs)]
    except Exception as error:  # a damaged offset ends in whichever error the generated reader happens to meet
        raise ArllieError(f"{path}: a damaged TFLite file ({type(error).__name__})") from None
    types = {value: name for name, value in vars(schema.TensorType).items() if isinstance(value, int)}
    if [len(tensors) for tensors in ends] != [1, 1]:
        raise ArllieError(
            f"{path}: its graph has {len(ends[0])} inputs and {len(ends[1])} outputs, one of each is needed"
        )
    return Graph(*(_tensor(tensors[0], types, path) for tensors in ends))


def _tensor(tensor: Any, types: dict[int, str], path: Path) -> Tensor:
    name, kind, shape = tensor.name.decode(), types.get(tensor.type, "?"), tuple(int(side) for side in tensor.shape)
    if kind not in _TYPES or len(shape) != 4 or shape[0] != 1 or shape[3] != 3 or min(shape) < 1:
        raise ArllieError(f"{path}: tensor {name!r} is {kind}{list(shape)}; a frame is [1, height, width, 3]")
    # These two separate names in the tool's arguments.
    if "," in name or ":" in name:
        raise ArllieError(f"{path}: tensor {name!r} has ',' or ':' in its name, which benchmark_model cannot take")
    quantization = tensor.quantization
    has_scale = quantization is not None and quantization.scale is not None and len(quantization.scale) == 1
    if kind != "FLOAT32" and not has_scale:
        raise ArllieError(f"{path}: tensor {name!r} is {kind} and has no scale")
    scale, zero_point = (float(quantization.scale[0]), int(quantization.zeroPoint[0])) if has_scale else (1.0, 0)
    return Tensor(name, shape, _TYPES[kind], scale, zero_point)
