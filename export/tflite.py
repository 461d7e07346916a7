"""TFLite: NHWC float32 of one fixed size, through TensorFlow's converter."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from arllie_deploy.epilogues import operators as ops
from arllie_deploy.export.graph import Convolution, Graph, build_graph
from arllie_deploy.export.metadata import metadata_text, tool_versions
from arllie_deploy.export.request import Request, Written

_TOOLS = ("tensorflow", "ai-edge-litert")
_SCHEMA = "tflite 3"


def write(request: Request) -> Written:
    """Write the artifact of a request."""
    data = convert(build_graph(request.enhancer), request.size)
    text = metadata_text(
        request.enhancer,
        target=request.target,
        layout="NHWC",
        precision=request.precision,
        size=request.size,
        schema=_SCHEMA,
        tools=tool_versions(_TOOLS),
    )
    request.path.write_bytes(with_metadata(data, text))
    return Written(operators=operator_names(data), layout="NHWC", tools=tool_versions(_TOOLS))


def convert(graph: Graph, size: tuple[int, int]) -> bytes:
    """Translate a float32 graph for frames of `size` (width, height)."""
    # Set before the import: TensorFlow's notices about the machine are not about the user's model.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    width, height = size

    def network(y: Any) -> Any:
        values = {"y": y}
        for operator in graph.operators:
            values[operator.output] = _apply(tf, operator, values)
        return {"output": values[graph.output]}

    signature = [tf.TensorSpec([1, height, width, 3], tf.float32, name="input")]
    function = tf.function(network, input_signature=signature, autograph=False)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
    data: bytes = converter.convert()
    return data


def with_metadata(data: bytes, text: str) -> bytes:
    """The same model with a metadata entry `arllie` that holds `text`."""
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.tools import flatbuffer_utils

    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(data))
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(text.encode(), np.uint8)
    model.buffers.append(buffer)
    entry = schema.MetadataT()
    entry.name, entry.buffer = "arllie", len(model.buffers) - 1
    model.metadata = [*(model.metadata or []), entry]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def operator_names(data: bytes) -> list[str]:
    """The operators of a file by their names in the schema, in order of execution."""
    from ai_edge_litert import schema_py_generated as schema

    names = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    return [names[codes[operator.opcodeIndex]] for operator in model.subgraphs[0].operators]


def _apply(tf: Any, operator: Convolution | ops.Operator, values: dict[str, Any]) -> Any:
    match operator:
        case Convolution():
            # From (out, in, row, column) to TensorFlow's (row, column, in, out).
            kernel = tf.constant(operator.kernel.transpose(2, 3, 1, 0))
            return tf.nn.bias_add(tf.nn.conv2d(values[operator.input], kernel, 1, "SAME"), tf.constant(operator.bias))
        case ops.Sigmoid():
            return tf.sigmoid(values[operator.input])
        case ops.Exp():
            return tf.exp(values[operator.input])
        case ops.Relu():
            return tf.nn.relu(values[operator.input])
        case ops.Add():
            return tf.add(values[operator.left], values[operator.right])
        case ops.Multiply():
            return tf.multiply(values[operator.left], values[operator.right])
        case ops.Divide():
            return tf.divide(values[operator.left], values[operator.right])
        case ops.AddConstant():
            return tf.add(values[operator.input], operator.constant)
        case ops.MultiplyConstant():
            return tf.multiply(values[operator.input], operator.constant)
        case ops.Minimum():
            return tf.minimum(values[operator.input], operator.bound)
        case ops.Clamp():
            return tf.minimum(tf.maximum(values[operator.input], operator.low), operator.high)
