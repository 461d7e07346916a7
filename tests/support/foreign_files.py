"""Small image-to-image files of other people's making: no metadata, any layout, type and size."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.tflite_files import FileOperator, FileTensor, quantized, tflite_file

onnx = pytest.importorskip("onnx", reason="onnx is not installed")

Axis = int | str | None
NCHW: Sequence[Axis] = (1, 3, "height", "width")
NHWC: Sequence[Axis] = (1, "height", "width", 3)
HALF = 0.5


def halving_onnx(path: Path, shape: Sequence[Axis] = NCHW, result: Sequence[Axis] | None = None) -> Path:
    """A file of floats that halves every value."""
    half = onnx.numpy_helper.from_array(np.array(HALF, np.float32), "half")
    return _write_onnx(path, [onnx.helper.make_node("Mul", ["x", "half"], ["y"])], [half], shape, result or shape, 1)


def inverting_onnx(path: Path, shape: Sequence[Axis], element: str) -> Path:
    """A file of bytes that turns every byte over, 255 − byte; in int8 that is −1 − value."""
    kind = {"uint8": onnx.TensorProto.UINT8, "int8": onnx.TensorProto.INT8}[element]
    top = onnx.numpy_helper.from_array(np.array(255 if element == "uint8" else -1, np.float32), "top")
    nodes = [
        onnx.helper.make_node("Cast", ["x"], ["float"], to=onnx.TensorProto.FLOAT),
        onnx.helper.make_node("Sub", ["top", "float"], ["turned"]),
        onnx.helper.make_node("Cast", ["turned"], ["y"], to=kind),
    ]
    return _write_onnx(path, nodes, [top], shape, shape, kind)


def _write_onnx(
    path: Path, nodes: list[Any], constants: list[Any], shape: Sequence[Axis], result: Sequence[Axis], kind: int
) -> Path:
    source = onnx.helper.make_tensor_value_info("x", kind, shape)
    target = onnx.helper.make_tensor_value_info("y", kind, result)
    graph = onnx.helper.make_graph(nodes, "foreign", [source], [target], constants)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def passing_tflite(path: Path, type_: str, shape: Sequence[int], scale: float = 1 / 255, zero_point: int = 0) -> Path:
    """A file that gives what is not below zero as it is."""
    if type_ == "FLOAT32":
        source, target = (FileTensor(type_, shape) for _ in range(2))
    else:
        source, target = (quantized(type_, scale=scale, zero_point=zero_point, shape=shape) for _ in range(2))
    path.write_bytes(tflite_file(FileOperator("RELU", [source], [target], version=2)))
    return path


def opened_axes(path: Path) -> Path:
    """The .tflite with height and width open."""
    from ai_edge_litert.tools import flatbuffer_utils

    model = flatbuffer_utils.read_model(str(path))
    for tensor in model.subgraphs[0].tensors:
        tensor.shapeSignature = np.array([1, -1, -1, 3], np.int32)
    path.write_bytes(bytes(flatbuffer_utils.convert_object_to_bytearray(model)))
    return path
