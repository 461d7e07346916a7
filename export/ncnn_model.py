"""ncnn's two files: layers as the text of a .param, weights as the bytes of a .bin.

The format is in ncnn's wiki: "param and model file structure" and "operators".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = 7767517
# The number of an array parameter is written as −23300 − number.
_ARRAY = -23300
# The word before a blob of weights says how they are stored.
_FLOAT, _HALF, _INT8 = 0, 0x01306B47, 0x000D4B38

Parameter = int | float | tuple[float, ...]


@dataclass(frozen=True)
class Layer:
    """One line of a .param.

    Attributes:
        kind: ncnn's name of the layer.
        inputs: names of the blobs that are read.
        outputs: names of the blobs that are made; the first is the layer's own name, too.
        parameters: by their number in the kind's documentation.
    """

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    parameters: Mapping[int, Parameter] = field(default_factory=dict)

    def line(self) -> str:
        """As it stands in the file."""
        words = [self.kind, self.outputs[0], len(self.inputs), len(self.outputs), *self.inputs, *self.outputs]
        return " ".join([*map(str, words), *(_parameter(*item) for item in self.parameters.items())])


def param_text(layers: Sequence[Layer]) -> str:
    """The whole .param of layers in order of execution."""
    blobs = sum(len(layer.outputs) for layer in layers)
    lines = [str(MAGIC), f"{len(layers)} {blobs}", *(layer.line() for layer in layers)]
    return "\n".join(lines) + "\n"


def with_splits(layers: Sequence[Layer]) -> list[Layer]:
    """The same layers where every blob is read once, as ncnn wants it: a Split gives one name per reader."""
    readers = Counter(name for layer in layers for name in layer.inputs)
    given: Counter[str] = Counter()
    made = []
    for layer in layers:
        inputs = []
        for name in layer.inputs:
            inputs.append(f"{name}_{given[name]}" if readers[name] > 1 else name)
            given[name] += 1
        made.append(replace(layer, inputs=tuple(inputs)))
        for name in layer.outputs:
            if readers[name] > 1:
                copies = tuple(f"{name}_{index}" for index in range(readers[name]))
                made.append(Layer("Split", (name,), copies))
    return made


def number(value: float) -> str:
    """A float32 in the 15 characters that ncnn's parser reads; nine digits are enough to get the same one back."""
    return f"{float(np.float32(value)):.8e}"


def float_weights(kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> bytes:
    """A convolution's part of the .bin in single precision."""
    return _blob(_FLOAT, kernel.astype("<f4")) + _plain(bias)


def half_weights(kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> bytes:
    """The same with the kernel in half precision; ncnn stores a bias in single precision always."""
    return _blob(_HALF, kernel.astype("<f2")) + _plain(bias)


def integer_weights(
    kernel: NDArray[np.int8], bias: NDArray[Any], kernel_scale: NDArray[Any], input_scale: float
) -> bytes:
    """The same in int8, within ±127.

    Args:
        kernel: (out, in, 3, 3).
        bias: (out,) real numbers.
        kernel_scale: (out,) the real number of one step of the kernel; ncnn stores the inverse.
        input_scale: the real number of one step of the input; likewise.
    """
    return _blob(_INT8, kernel) + _plain(bias) + _plain(1.0 / kernel_scale) + _plain(np.array([1.0 / input_scale]))


def _blob(flag: int, values: NDArray[Any]) -> bytes:
    data = values.tobytes()
    return flag.to_bytes(4, "little") + data + bytes(-len(data) % 4)


def _plain(values: NDArray[Any]) -> bytes:
    return values.astype("<f4").tobytes()


def _parameter(key: int, value: Parameter) -> str:
    if isinstance(value, tuple):
        return f"{_ARRAY - key}=" + ",".join([str(len(value)), *map(number, value)])
    return f"{key}={number(value) if isinstance(value, float) else value}"
