"""Small .tflite files, one operator after another, with exactly the tensors that a test wants."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

schema = pytest.importorskip("ai_edge_litert.schema_py_generated", reason="LiteRT is not installed")
flatbuffer_utils = pytest.importorskip("ai_edge_litert.tools.flatbuffer_utils", reason="LiteRT is not installed")

FRAME = (1, 8, 8, 3)
_DTYPES = {"FLOAT32": "f4", "FLOAT16": "f2", "INT8": "i1", "UINT8": "u1", "INT16": "i2", "INT32": "i4", "INT64": "i8"}
_SHARED_OPTIONS = {"AVERAGE_POOL_2D": "Pool2DOptions", "MAX_POOL_2D": "Pool2DOptions", "MEAN": "ReducerOptions"}


@dataclass(frozen=True, eq=False)
class FileTensor:
    """Two uses of the same object are the same tensor of the file; `values` are stored in it."""

    type: str
    shape: Sequence[int] = FRAME
    values: Any = None
    scales: Sequence[float] = ()
    zero_points: Sequence[int] = ()
    axis: int = 0


@dataclass(frozen=True, eq=False)
class FileOperator:
    """`options` are named as in the schema, such as stride_w."""

    name: str
    inputs: Sequence[FileTensor | None]
    outputs: Sequence[FileTensor | None]
    version: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)


def quantized(type_: str, *, scale: float = 0.0039, zero_point: int = 0, **given: Any) -> FileTensor:
    """A tensor of integers with one scale."""
    return FileTensor(type_, scales=[scale], zero_points=[zero_point], **given)


def weights(type_: str = "INT8", *, scales: Sequence[float] = (0.01,), axis: int = 0, **given: Any) -> FileTensor:
    """A stored 3×3 kernel from 3 to 3 channels, zero points 0 where none are given."""
    points = given.pop("zero_points", [0] * len(scales))
    return FileTensor(type_, (3, 3, 3, 3), values=1, scales=scales, zero_points=points, axis=axis, **given)


def bias(count: int = 1) -> FileTensor:
    """A stored INT32 bias of 3 channels with `count` scales."""
    return FileTensor("INT32", (3,), values=0, scales=[0.0001] * count, zero_points=[0] * count)


def tflite_file(*operators: FileOperator) -> bytes:
    """The file; its inputs are the tensors that nothing makes and that are not stored."""
    tensors = list(
        dict.fromkeys(tensor for operator in operators for tensor in (*operator.inputs, *operator.outputs) if tensor)
    )
    places = {tensor: index for index, tensor in enumerate(tensors)} | {None: -1}
    made = {tensor for operator in operators for tensor in operator.outputs}
    graph = schema.SubGraphT()
    model = schema.ModelT()
    model.version, model.buffers, model.operatorCodes, model.subgraphs = 3, [schema.BufferT()], [], [graph]
    graph.tensors = [_tensor(tensor, model.buffers) for tensor in tensors]
    graph.operators = [_operator(operator, places, model.operatorCodes) for operator in operators]
    graph.inputs = [places[tensor] for tensor in tensors if tensor not in made and tensor.values is None]
    graph.outputs = [places[tensor] for tensor in operators[-1].outputs]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def options_class(name: str) -> Any:
    """The schema's class with the options of an operator, None if it has none."""
    words = (word if word[0].isdigit() else word.capitalize() for word in name.split("_"))
    options = _SHARED_OPTIONS.get(name, f"{''.join(words)}Options")
    # Newer operators keep theirs in a second union, which no list looks at.
    return getattr(schema, f"{options}T") if hasattr(schema.BuiltinOptions, options) else None


def schema_name(option: str) -> str:
    """From stride_w to strideW."""
    return re.sub("_(.)", lambda found: found[1].upper(), option)


def _tensor(tensor: FileTensor, buffers: list[Any]) -> Any:
    made = schema.TensorT()
    made.name, made.type = f"t{len(buffers)}".encode(), getattr(schema.TensorType, tensor.type)
    made.shape = np.array(tensor.shape, np.int32)
    made.quantization = schema.QuantizationParametersT()
    if tensor.scales:
        made.quantization.scale = np.array(tensor.scales, np.float32)
        made.quantization.zeroPoint = np.array(tensor.zero_points, np.int64)
        made.quantization.quantizedDimension = tensor.axis
    if tensor.values is not None:
        buffer = schema.BufferT()
        stored = np.broadcast_to(tensor.values, tensor.shape).astype(_DTYPES[tensor.type])
        buffer.data = np.frombuffer(stored.tobytes(), np.uint8)
        buffers.append(buffer)
        made.buffer = len(buffers) - 1
    return made


def _operator(operator: FileOperator, places: Mapping[FileTensor | None, int], codes: list[Any]) -> Any:
    code = schema.OperatorCodeT()
    code.builtinCode = getattr(schema.BuiltinOperator, operator.name)
    code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), operator.version
    codes.append(code)
    made = schema.OperatorT()
    made.opcodeIndex = len(codes) - 1
    made.inputs = np.array([places[tensor] for tensor in operator.inputs], np.int32)
    made.outputs = np.array([places[tensor] for tensor in operator.outputs], np.int32)
    options = options_class(operator.name)
    if options is not None:
        made.builtinOptions = options()
        made.builtinOptionsType = getattr(schema.BuiltinOptions, options.__name__.removesuffix("T"))
        for name, value in operator.options.items():
            assert hasattr(made.builtinOptions, schema_name(name)), name
            setattr(made.builtinOptions, schema_name(name), value)
    return made
