"""The nodes of an ONNX graph in integers: QuantizeLinear and DequantizeLinear around each operator (QDQ)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from arllie_deploy.epilogues import operators as ops
from arllie_deploy.export.quantization import Affine, IntegerConvolution, IntegerGraph, affine_for

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto


class IntegerNodes:
    """Collects nodes and constants; `input` and `output` are float32."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def translate(self, graph: IntegerGraph) -> None:
        """Add the nodes of the whole graph, from `input` to `output`."""
        self._quantized("input", "y", graph.values["y"], result="y")
        for operator in graph.operators:
            last = operator.output == graph.output
            made = self._operator(operator, graph)
            result = "output" if last else operator.output
            self._quantized(made, operator.output, graph.values[operator.output], result=result)

    def _operator(self, operator: IntegerConvolution | ops.Operator, graph: IntegerGraph) -> str:
        """Add one operator in floats; the name of its result before it is rounded."""
        result = f"{operator.output}_real"
        match operator:
            case IntegerConvolution():
                return self._convolution(operator, graph.values[operator.input].scale)
            case ops.Exp():
                self._node("Exp", [operator.input], result)
            case ops.Add() | ops.Multiply():
                self._node(
                    {ops.Add: "Add", ops.Multiply: "Mul"}[type(operator)], [operator.left, operator.right], result
                )
            case ops.AddConstant() | ops.MultiplyConstant():
                [(role, value)] = operator.scalars.items()
                constant = self._real_constant(ops.scalar_name(operator, role), value, graph.values[operator.input])
                kind = {ops.AddConstant: "Add", ops.MultiplyConstant: "Mul"}[type(operator)]
                self._node(kind, [operator.input, constant], result)
            case _:
                raise ValueError(f"{type(operator).__name__} has no integer form")
        return result

    def _convolution(self, operator: IntegerConvolution, input_scale: float) -> str:
        kernel_scale = operator.kernel_scale.astype(np.float32)
        kernel = self._dequantized("kernel", operator.kernel, kernel_scale, axis=0)
        bias = self._dequantized("bias", operator.bias.astype(np.int32), kernel_scale * np.float32(input_scale), axis=0)
        sums = f"{operator.output}_sums" if operator.relu else f"{operator.output}_real"
        self._node("Conv", [operator.input, kernel, bias], sums, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        if operator.relu:
            self._node("Relu", [sums], f"{operator.output}_real")
        return f"{operator.output}_real"

    def _quantized(self, source: str, name: str, affine: Affine, *, result: str) -> None:
        """Round `source` to integers and read them again as `result`; named after the value they stand for."""
        reading = [
            self._constant(f"{name}_scale", np.array(affine.scale, np.float32)),
            self._constant(f"{name}_zero_point", np.array(affine.zero_point, affine.dtype)),
        ]
        self._node("QuantizeLinear", [source, *reading], f"{name}_integers")
        self._node("DequantizeLinear", [f"{name}_integers", *reading], result)

    def _real_constant(self, name: str, value: float, like: Affine) -> str:
        affine = affine_for(value, value, like.dtype)
        integer = affine.quantize(np.array(value))
        scale, zero_point = np.array(affine.scale, np.float32), np.array(affine.zero_point, affine.dtype)
        names = [self._constant(f"{name}_{part}", array) for part, array in _parts(integer, scale, zero_point)]
        self._node("DequantizeLinear", names, name)
        return name

    def _dequantized(self, name: str, integers: Any, scale: Any, *, axis: int) -> str:
        zero_point = np.zeros(scale.shape, integers.dtype)
        names = [self._constant(f"{name}_{part}", array) for part, array in _parts(integers, scale, zero_point)]
        self._node("DequantizeLinear", names, name, axis=axis)
        return name

    def _node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))

    def _constant(self, name: str, value: Any) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(value, name))
        return name


def _parts(integers: Any, scale: Any, zero_point: Any) -> list[tuple[str, Any]]:
    return [("integers", integers), ("scale", scale), ("zero_point", zero_point)]
