"""Translates a Graph into TFLite's operators: floats, half-precision weights, or integers; NHWC."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.epilogues import operators as ops
from arllie_deploy.export import tflite_model as tfl
from arllie_deploy.export.graph import Convolution, Graph
from arllie_deploy.export.quantization import Affine, IntegerConvolution, IntegerGraph, affine_for
from arllie_deploy.export.tflite_model import ModelBuilder, OperatorKind, Reading

# Padding.SAME and the values of ActivationFunctionType, from schema.fbs.
_SAME, _NONE, _RELU = 0, 0, 1
_BINARY: dict[type, OperatorKind] = {ops.Add: tfl.ADD, ops.Multiply: tfl.MUL, ops.Divide: tfl.DIV}
_WITH_CONSTANT: dict[type, OperatorKind] = {ops.AddConstant: tfl.ADD, ops.MultiplyConstant: tfl.MUL}
_UNARY: dict[type, OperatorKind] = {ops.Sigmoid: tfl.LOGISTIC, ops.Exp: tfl.EXP, ops.Relu: tfl.RELU}


def fused_relus(graph: Graph) -> list[tuple[Convolution | ops.Operator, bool]]:
    """The operators, and of each whether the ReLU that followed it is now part of it; only a convolution takes one."""
    fused: list[tuple[Convolution | ops.Operator, bool]] = []
    for operator in graph.operators:
        if isinstance(operator, ops.Relu) and fused and isinstance(fused[-1][0], Convolution):
            fused[-1] = (replace(fused[-1][0], output=operator.output), True)
        else:
            fused.append((operator, False))
    return fused


class FloatTranslation:
    """Float32 values; `half` stores the convolution's weights in 16 bits, each read through a DEQUANTIZE."""

    def __init__(self, builder: ModelBuilder, size: tuple[int, int], *, half: bool) -> None:
        self._builder, self._half = builder, half
        self._shape = (1, size[1], size[0], 3)

    def translate(self, graph: Graph) -> None:
        """Add everything from `input` to `output`."""
        names = {"y": self._builder.value("input", self._shape, "float32"), graph.output: "output"}
        for operator, relu in fused_relus(graph):
            if isinstance(operator, Convolution):
                self._convolution(operator, names, relu=relu)
            else:
                self._operator(operator, names)

    def _convolution(self, operator: Convolution, names: dict[str, str], *, relu: bool) -> None:
        # From (out, in, row, column) to TFLite's (out, row, column, in).
        weights = [self._weights("kernel", operator.kernel.transpose(0, 2, 3, 1)), self._weights("bias", operator.bias)]
        output = self._value(names, operator.output)
        self._builder.operator(tfl.CONV_2D, [names[operator.input], *weights], output, **_convolution_options(relu))

    def _operator(self, operator: ops.Operator, names: dict[str, str]) -> None:
        match operator:
            case ops.Sigmoid() | ops.Exp() | ops.Relu():
                source = names[operator.input]
                self._builder.operator(_UNARY[type(operator)], [source], self._value(names, operator.output))
            case ops.Add() | ops.Multiply() | ops.Divide():
                inputs = [names[operator.left], names[operator.right]]
                self._builder.operator(_BINARY[type(operator)], inputs, self._value(names, operator.output))
            case ops.AddConstant() | ops.MultiplyConstant():
                [(role, value)] = operator.scalars.items()
                inputs = [names[operator.input], self._scalar(operator, role, value)]
                self._builder.operator(_WITH_CONSTANT[type(operator)], inputs, self._value(names, operator.output))
            case ops.Minimum():
                inputs = [names[operator.input], self._scalar(operator, "bound", operator.bound)]
                self._builder.operator(tfl.MINIMUM, inputs, self._value(names, operator.output))
            case ops.Clamp():
                raised = self._builder.value(f"{operator.output}_raised", self._shape, "float32")
                inputs = [names[operator.input], self._scalar(operator, "low", operator.low)]
                self._builder.operator(tfl.MAXIMUM, inputs, raised)
                inputs = [raised, self._scalar(operator, "high", operator.high)]
                self._builder.operator(tfl.MINIMUM, inputs, self._value(names, operator.output))

    def _value(self, names: dict[str, str], value: str) -> str:
        names.setdefault(value, value)
        return self._builder.value(names[value], self._shape, "float32")

    def _weights(self, name: str, array: NDArray[np.float32]) -> str:
        if not self._half:
            return self._builder.constant(name, array)
        stored = self._builder.constant(f"{name}_half", array.astype(np.float16))
        self._builder.value(name, array.shape, "float32")
        self._builder.operator(tfl.DEQUANTIZE, [stored], name)
        return name

    def _scalar(self, operator: ops.Operator, role: str, value: float) -> str:
        return self._builder.constant(ops.scalar_name(operator, role), np.array(value, np.float32))


class IntegerTranslation:
    """Integer values as an IntegerGraph reads them."""

    def __init__(self, builder: ModelBuilder, size: tuple[int, int]) -> None:
        self._builder = builder
        self._shape = (1, size[1], size[0], 3)

    def translate(self, graph: IntegerGraph) -> None:
        """Add everything from `input` to `output`."""
        names = {"y": self._add("input", graph.values["y"]), graph.output: "output"}
        for operator in graph.operators:
            reading = graph.values[operator.output]
            output = names.setdefault(operator.output, operator.output)
            self._add(output, reading)
            if isinstance(operator, IntegerConvolution):
                self._convolution(operator, names[operator.input], output, graph.values[operator.input])
            else:
                self._operator(operator, names, output, reading)

    def _convolution(self, operator: IntegerConvolution, source: str, output: str, input_reading: Affine) -> None:
        scale = operator.kernel_scale
        # 16-bit activations sum in 64 bits.
        bias_type = np.int64 if input_reading.dtype == "int16" else np.int32
        weights = [
            self._builder.constant("kernel", operator.kernel.transpose(0, 2, 3, 1), Reading(scale, 0)),
            self._builder.constant("bias", operator.bias.astype(bias_type), Reading(scale * input_reading.scale, 0)),
        ]
        options = _convolution_options(operator.relu)
        if bias_type is np.int64:
            from ai_edge_litert.schema_py_generated import TensorType

            options["quantizedBiasType"] = TensorType.INT64
        self._builder.operator(tfl.CONV_2D, [source, *weights], output, **options)

    def _operator(self, operator: ops.Operator, names: dict[str, str], output: str, reading: Affine) -> None:
        # Only 16-bit sums of an old kind wanted scales that are powers of two.
        options = {"potScaleInt16": False} if isinstance(operator, (ops.Add, ops.AddConstant)) else {}
        match operator:
            case ops.Exp():
                self._builder.operator(tfl.EXP, [names[operator.input]], output)
            case ops.Add() | ops.Multiply():
                inputs = [names[operator.left], names[operator.right]]
                self._builder.operator(_BINARY[type(operator)], inputs, output, **options)
            case ops.AddConstant() | ops.MultiplyConstant():
                [(role, value)] = operator.scalars.items()
                constant = affine_for(value, value, reading.dtype)
                name = ops.scalar_name(operator, role)
                self._builder.constant(name, constant.quantize(np.array(value)), _reading(constant))
                self._builder.operator(_WITH_CONSTANT[type(operator)], [names[operator.input], name], output, **options)
            case _:
                raise ValueError(f"{type(operator).__name__} has no integer form")

    def _add(self, name: str, reading: Affine) -> str:
        return self._builder.value(name, self._shape, reading.dtype, _reading(reading))


def _reading(affine: Affine) -> Reading:
    return Reading(np.array(affine.scale), affine.zero_point)


def _convolution_options(relu: bool) -> dict[str, Any]:
    return {
        "padding": _SAME,
        "strideW": 1,
        "strideH": 1,
        "dilationWFactor": 1,
        "dilationHFactor": 1,
        "fusedActivationFunction": _RELU if relu else _NONE,
    }
