"""The operators of a .tflite file with everything that a delegate looks at, as values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from arllie_deploy.errors import ArllieError


@dataclass(frozen=True)
class Tensor:
    """A tensor of the file; `axis` is where its scales lie if there are several, `index` its place in the file."""

    index: int
    type: str
    shape: tuple[int, ...]
    constant: bool
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()
    axis: int | None = None

    def describe(self) -> str:
        """Its type, and the axis of its scales where they are per channel."""
        return self.type if self.axis is None else f"{self.type} per channel on axis {self.axis}"


@dataclass(frozen=True)
class Node:
    """An operator; an absent tensor is None, options are named as in the schema and hold names instead of enums."""

    index: int
    name: str
    version: int
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor | None, ...]
    options: Mapping[str, Any]

    def describe(self) -> str:
        """Its place, name and types: "operator 3 EXP with INT8 → INT8"."""
        return f"operator {self.index} {self.name} with {_types(self.inputs)} → {_types(self.outputs)}"


def read_nodes(data: bytes) -> tuple[Node, ...]:
    """Every operator of every subgraph, in order of execution.

    Raises:
        ArllieError: if the bytes are not a whole TFLite flatbuffer.
    """
    from ai_edge_litert import schema_py_generated as schema

    if data[4:8] != b"TFL3":
        raise ArllieError("not a TFLite file")
    try:
        model = schema.ModelT.InitFromPackedBuf(data, 0)
        return _Reader(schema, model).nodes()
    except Exception as error:  # a damaged offset ends in whichever error the generated reader happens to meet
        raise ArllieError(f"a damaged TFLite file ({type(error).__name__})") from None


class _Reader:
    def __init__(self, schema: Any, model: Any) -> None:
        self._model = model
        self._operators = _names(schema.BuiltinOperator)
        self._types = _names(schema.TensorType)
        self._enums = {
            "fused_activation_function": _names(schema.ActivationFunctionType),
            "padding": _names(schema.Padding),
        }

    def nodes(self) -> tuple[Node, ...]:
        found = [
            (operator, [self._tensor(index, tensor) for index, tensor in enumerate(graph.tensors)])
            for graph in self._model.subgraphs
            for operator in graph.operators
        ]
        return tuple(self._node(index, operator, tensors) for index, (operator, tensors) in enumerate(found))

    def _node(self, index: int, operator: Any, tensors: list[Tensor]) -> Node:
        code = self._model.operatorCodes[operator.opcodeIndex]
        builtin = max(code.builtinCode, code.deprecatedBuiltinCode)
        inputs, outputs = (
            tuple(None if place < 0 else tensors[place] for place in (() if places is None else places))
            for places in (operator.inputs, operator.outputs)
        )
        name = self._operators.get(builtin, f"number {builtin}")
        return Node(index, name, code.version, inputs, outputs, self._options(operator.builtinOptions))

    def _options(self, options: Any) -> dict[str, Any]:
        values = {} if options is None else vars(options)
        named = {re.sub("(?=[A-Z])", "_", name).lower(): value for name, value in values.items()}
        return {name: self._enums[name].get(value) if name in self._enums else value for name, value in named.items()}

    def _tensor(self, index: int, tensor: Any) -> Tensor:
        buffer = self._model.buffers[tensor.buffer]
        stored = (buffer.data is not None and len(buffer.data) > 0) or buffer.size > 0
        quantization = tensor.quantization
        scales = _numbers(quantization and quantization.scale)
        return Tensor(
            index=index,
            type=self._types.get(tensor.type, f"type {tensor.type}"),
            shape=tuple(int(extent) for extent in _numbers(tensor.shape)),
            constant=stored and not tensor.isVariable,
            scales=scales,
            zero_points=tuple(int(point) for point in _numbers(quantization and quantization.zeroPoint)),
            axis=int(quantization.quantizedDimension) if len(scales) > 1 else None,
        )


def _names(enum: Any) -> dict[int, str]:
    return {value: name for name, value in vars(enum).items() if isinstance(value, int)}


def _numbers(values: Any) -> tuple[float, ...]:
    return () if values is None else tuple(np.asarray(values).ravel().tolist())


def _types(tensors: tuple[Tensor | None, ...]) -> str:
    return ", ".join("nothing" if tensor is None else tensor.describe() for tensor in tensors)
