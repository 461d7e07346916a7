"""The nodes of an ONNX graph in floats: float32 or float16 inside, float32 or integer frames outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from arllie_deploy.epilogues import operators as ops
from arllie_deploy.export.graph import Convolution

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

_WITH_SCALARS: dict[type, str] = {
    ops.AddConstant: "Add",
    ops.MultiplyConstant: "Mul",
    ops.Minimum: "Min",
    ops.Clamp: "Clip",
}


class FloatNodes:
    """Collects nodes and constants; values are named as in the graph."""

    def __init__(self, element: type[np.float32] | type[np.float16] = np.float32) -> None:
        self._element = element
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def translate(self, operators: Sequence[Convolution | ops.Operator], *, source: str, result: str) -> None:
        """Add one node per operator; the value `y` is called `source`, the last output `result`."""
        names = {"y": source, operators[-1].output: result}
        for operator in operators:
            self._add(operator, lambda name: names.get(name, name))

    def cast(self, source: str, output: str, element: int) -> None:
        """Add a conversion to a type of TensorProto."""
        self._node("Cast", [source], output, to=element)

    def read_integers(self, kind: str) -> None:
        """From `input` (height, width, 3) to `y` (1, 3, height, width) in [0, 1]."""
        self._node("Cast", ["input"], "values", to=1)
        self._node("Transpose", ["values"], "planes", perm=[2, 0, 1])
        self._node("Unsqueeze", ["planes", self._constant("batch_axis", np.array([0], np.int64))], "batch")
        self._node("Div", ["batch", self._constant("largest", _largest(kind))], "y")

    def write_integers(self, kind: str, element: int) -> None:
        """From `z` to `output`, rounded half up; 16 bits in double precision, which float32 cannot round exactly."""
        value, scale, half = "z", _largest(kind), np.array(0.5, np.float32)
        if kind == "uint16":
            self._node("Cast", ["z"], "precise", to=11)
            value, scale, half = "precise", scale.astype(np.float64), half.astype(np.float64)
        self._node("Mul", [value, self._constant("scale", scale)], "scaled")
        self._node("Add", ["scaled", self._constant("half", half)], "rounded")
        self._node("Squeeze", ["rounded", "batch_axis"], "unbatched")
        # After the cast the transpose moves bytes instead of floats.
        self._node("Cast", ["unbatched"], "integers", to=element)
        self._node("Transpose", ["integers"], "output", perm=[1, 2, 0])

    def _add(self, operator: Convolution | ops.Operator, name: Any) -> None:
        match operator:
            case Convolution():
                weights = [
                    self._constant("kernel", operator.kernel.astype(self._element)),
                    self._constant("bias", operator.bias.astype(self._element)),
                ]
                shape = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
                self._node("Conv", [name(operator.input), *weights], name(operator.output), **shape)
            case ops.Sigmoid():
                self._logistic(operator, name)
            case ops.Exp() | ops.Relu():
                kind = {ops.Exp: "Exp", ops.Relu: "Relu"}[type(operator)]
                self._node(kind, [name(operator.input)], name(operator.output))
            case ops.Add() | ops.Multiply() | ops.Divide():
                kind = {ops.Add: "Add", ops.Multiply: "Mul", ops.Divide: "Div"}[type(operator)]
                self._node(kind, [name(operator.left), name(operator.right)], name(operator.output))
            case ops.AddConstant() | ops.MultiplyConstant() | ops.Minimum() | ops.Clamp():
                kind = _WITH_SCALARS[type(operator)]
                self._node(kind, [name(operator.input), *self._scalars(operator)], name(operator.output))

    def _logistic(self, operator: ops.Sigmoid, name: Any) -> None:
        """1 / (1 + exp(−u)) in four nodes.

        onnxruntime's Sigmoid is exact to 6e-8 absolute only; a small illumination turns that into 2e-5 of the frame
        (docs/adr/0003-logistic-in-four-nodes.md). An overflow of exp to infinity ends in the right 0.
        """
        value, output = name(operator.input), name(operator.output)
        [one] = self._scalars(operator)
        self._node("Neg", [value], f"{output}_negated")
        self._node("Exp", [f"{output}_negated"], f"{output}_exponential")
        self._node("Add", [f"{output}_exponential", one], f"{output}_inverse")
        self._node("Reciprocal", [f"{output}_inverse"], output)

    def _node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))

    def _scalars(self, operator: ops.Operator) -> list[str]:
        return [
            self._constant(ops.scalar_name(operator, role), np.array(value, self._element))
            for role, value in operator.scalars.items()
        ]

    def _constant(self, name: str, value: Any) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(value, name))
        return name


def _largest(kind: str) -> Any:
    return np.array(np.iinfo(kind).max, np.float32)
