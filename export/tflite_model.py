"""Assembles a TFLite flatbuffer: tensors, constants, operators, metadata; one subgraph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

METADATA_NAME = "arllie"
_SCHEMA_VERSION = 3
# Constants begin at a multiple of this, as schema.fbs asks for with force_align.
_ALIGNMENT = 16


@dataclass(frozen=True, eq=False)
class Reading:
    """A tensor's quantization: one scale, or one per index of the axis `dimension`."""

    scale: NDArray[np.float64]
    zero_point: int
    dimension: int = 0


@dataclass(frozen=True)
class OperatorKind:
    """What the schema says of an operator.

    Attributes:
        name: of BuiltinOperator.
        versions: dtype of the result -> version of the operator, from the interpreter's registrations.
        options: name of the options' table without its "T", None where it has none.
    """

    name: str
    versions: Mapping[str, int]
    options: str | None


def _versions(float32: int, int8: int, int16: int) -> dict[str, int]:
    return {"float32": float32, "int8": int8, "int16": int16}


CONV_2D = OperatorKind("CONV_2D", _versions(1, 3, 4), "Conv2DOptions")
LOGISTIC = OperatorKind("LOGISTIC", _versions(1, 2, 3), None)
EXP = OperatorKind("EXP", _versions(1, 2, 2), "ExpOptions")
RELU = OperatorKind("RELU", _versions(1, 2, 3), None)
ADD = OperatorKind("ADD", _versions(1, 2, 3), "AddOptions")
MUL = OperatorKind("MUL", _versions(1, 2, 4), "MulOptions")
DIV = OperatorKind("DIV", _versions(1, 2, 2), "DivOptions")
MINIMUM = OperatorKind("MINIMUM", _versions(1, 2, 4), None)
MAXIMUM = OperatorKind("MAXIMUM", _versions(1, 2, 4), None)
# From half-precision constants.
DEQUANTIZE = OperatorKind("DEQUANTIZE", {"float32": 3}, None)


class ModelBuilder:
    """Collects the parts of a model; tensors are named, and named once."""

    def __init__(self) -> None:
        from ai_edge_litert import schema_py_generated as schema

        self._schema = schema
        self._tensors: dict[str, Any] = {}
        self._buffers: list[NDArray[np.uint8]] = [np.zeros(0, np.uint8)]
        self._codes: dict[tuple[str, int], int] = {}
        self._operators: list[Any] = []

    def value(self, name: str, shape: tuple[int, ...], dtype: str, reading: Reading | None = None) -> str:
        """Add a tensor that an operator, or the caller, fills; returns its name."""
        self._add(name, shape, dtype, reading, np.zeros(0, np.uint8))
        return name

    def constant(self, name: str, array: NDArray[Any], reading: Reading | None = None) -> str:
        """Add a tensor with contents; returns its name."""
        self._add(name, array.shape, array.dtype.name, reading, np.frombuffer(array.tobytes(), np.uint8))
        return name

    def operator(self, kind: OperatorKind, inputs: list[str], output: str, **options: Any) -> None:
        """Add an operator; its version follows from the type of its output."""
        schema = self._schema
        operator = schema.OperatorT()
        operator.opcodeIndex = self._code(kind, output)
        operator.inputs = np.array([self._index(name) for name in inputs], np.int32)
        operator.outputs = np.array([self._index(output)], np.int32)
        if kind.options is not None:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind.options)
            operator.builtinOptions = getattr(schema, f"{kind.options}T")()
            for key, value in options.items():
                setattr(operator.builtinOptions, key, value)
        self._operators.append(operator)

    def finish(self, inputs: list[str], outputs: list[str], metadata: str) -> bytes:
        """The file, with `metadata` in the entry `arllie`; the same parts give the same bytes."""
        import flatbuffers

        schema = self._schema
        subgraph = schema.SubGraphT()
        subgraph.name = "main"
        subgraph.tensors = list(self._tensors.values())
        subgraph.operators = self._operators
        subgraph.inputs = np.array([self._index(name) for name in inputs], np.int32)
        subgraph.outputs = np.array([self._index(name) for name in outputs], np.int32)
        model = schema.ModelT()
        model.version = _SCHEMA_VERSION
        model.description = "arllie-deploy"
        model.operatorCodes = [self._code_table(name, version) for name, version in self._codes]
        model.subgraphs = [subgraph]
        model.signatureDefs = [self._signature(inputs, outputs)]
        entry = schema.MetadataT()
        entry.name, entry.buffer = METADATA_NAME, len(self._buffers)
        model.metadata = [entry]
        text = np.frombuffer(metadata.encode(), np.uint8)
        model.buffers = [_AlignedBuffer(self._schema, data) for data in [*self._buffers, text]]
        builder = flatbuffers.Builder(4096)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _add(
        self, name: str, shape: tuple[int, ...], dtype: str, reading: Reading | None, contents: NDArray[np.uint8]
    ) -> None:
        schema = self._schema
        if name in self._tensors:
            raise ValueError(f"tensor {name} is there already")
        tensor = schema.TensorT()
        tensor.name, tensor.shape = name, np.array(shape, np.int32)
        tensor.type = getattr(schema.TensorType, dtype.upper())
        tensor.hasRank = True
        # Buffer 0 is the empty one, by convention.
        tensor.buffer = len(self._buffers) if contents.size else 0
        if contents.size:
            self._buffers.append(contents)
        if reading is not None:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = np.atleast_1d(reading.scale).astype(np.float32)
            tensor.quantization.zeroPoint = np.full(np.size(reading.scale), reading.zero_point, np.int64)
            tensor.quantization.quantizedDimension = reading.dimension
        self._tensors[name] = tensor

    def _index(self, name: str) -> int:
        return list(self._tensors).index(name)

    def _code(self, kind: OperatorKind, output: str) -> int:
        names = {value: name for name, value in vars(self._schema.TensorType).items() if isinstance(value, int)}
        key = (kind.name, kind.versions[names[self._tensors[output].type].lower()])
        return self._codes.setdefault(key, len(self._codes))

    def _code_table(self, name: str, version: int) -> Any:
        code = self._schema.OperatorCodeT()
        code.builtinCode = getattr(self._schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = version
        return code

    def _signature(self, inputs: list[str], outputs: list[str]) -> Any:
        schema = self._schema
        signature = schema.SignatureDefT()
        signature.signatureKey = "serving_default"
        signature.subgraphIndex = 0
        signature.inputs = [self._tensor_map(name) for name in inputs]
        signature.outputs = [self._tensor_map(name) for name in outputs]
        return signature

    def _tensor_map(self, name: str) -> Any:
        entry = self._schema.TensorMapT()
        entry.name, entry.tensorIndex = name, self._index(name)
        return entry


class _AlignedBuffer:
    """A buffer's contents; the generated class would begin them at any byte."""

    def __init__(self, schema: Any, data: NDArray[np.uint8]) -> None:
        self._schema, self._data = schema, data

    def Pack(self, builder: Any) -> Any:  # noqa: N802  # the generated classes call it so
        if self._data.size:
            builder.StartVector(1, self._data.size, _ALIGNMENT)
            builder.head = builder.Head() - self._data.size
            builder.Bytes[builder.Head() : builder.Head() + self._data.size] = self._data.tobytes()
            contents = builder.EndVector()
        self._schema.BufferStart(builder)
        if self._data.size:
            self._schema.BufferAddData(builder, contents)
        return self._schema.BufferEnd(builder)
