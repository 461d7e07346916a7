"""ONNX: NCHW float32, dynamic height and width, written with onnx.helper and simplified with onnxsim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from arllie_deploy.epilogues import operators as ops
from arllie_deploy.errors import CheckFailedError
from arllie_deploy.export.graph import Convolution, Graph, build_graph
from arllie_deploy.export.metadata import metadata_text, tool_versions
from arllie_deploy.export.request import Request, Written

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

# Opset 17 and IR 8 are read by onnxruntime 1.12 and later, and by the converters of NPU vendors.
OPSET = 17
_IR_VERSION = 8
_TOOLS = ("onnx", "onnxsim")
_WITH_SCALARS: dict[type, str] = {
    ops.AddConstant: "Add",
    ops.MultiplyConstant: "Mul",
    ops.Minimum: "Min",
    ops.Clamp: "Clip",
}


def write(request: Request) -> Written:
    """Write the artifact of a request."""
    model = simplified(to_model(build_graph(request.enhancer)))
    text = metadata_text(
        request.enhancer,
        target=request.target,
        layout="NCHW",
        precision=request.precision,
        size=None,
        schema=f"opset {OPSET}",
        tools=tool_versions(_TOOLS),
    )
    entry = model.metadata_props.add()
    entry.key, entry.value = "arllie", text
    request.path.write_bytes(model.SerializeToString(deterministic=True))
    return Written(operators=[node.op_type for node in model.graph.node], layout="NCHW", tools=tool_versions(_TOOLS))


def to_model(graph: Graph) -> ModelProto:
    """Translate a graph.

    Inputs and outputs are named `input` and `output`: (1, 3, height, width) float32, or (height, width, 3) integers.
    """
    from onnx import TensorProto, checker, helper

    writer = _Writer()
    if graph.frame_type == "float32":
        shape: list[int | str] = [1, 3, "height", "width"]
        element = TensorProto.FLOAT
        writer.translate(graph.operators, source="input", result="output")
    else:
        shape = ["height", "width", 3]
        element = TensorProto.UINT8 if graph.frame_type == "uint8" else TensorProto.UINT16
        writer.read_integers(graph.frame_type)
        writer.translate(graph.operators, source="y", result="z")
        writer.write_integers(graph.frame_type, element)
    model = helper.make_model(
        helper.make_graph(
            writer.nodes,
            "one_layer_enhancer",
            [helper.make_tensor_value_info("input", element, shape)],
            [helper.make_tensor_value_info("output", element, shape)],
            writer.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=_IR_VERSION,
        producer_name="arllie-deploy",
    )
    checker.check_model(model, full_check=True)
    return model


def simplified(model: ModelProto) -> ModelProto:
    """The model after onnxsim, which also proves on random input that nothing changed."""
    from onnxsim import simplify

    result, same = simplify(model)
    if not same:
        raise CheckFailedError(
            "onnxsim changed the result of the graph; report this with the versions of onnx, onnxsim"
        )
    simple: ModelProto = result
    return simple


def weights_as_external_data(model: ModelProto, graph: Graph) -> ModelProto:
    """Drop the values of kernel, bias and the epilogue's scalars: whoever loads the model gives them to its session."""
    from onnx import TensorProto

    operators = [operator for operator in graph.operators if not isinstance(operator, Convolution)]
    given = {ops.scalar_name(operator, role) for operator in operators for role in operator.scalars} | {
        "kernel",
        "bias",
    }
    for tensor in model.graph.initializer:
        if tensor.name in given:
            length = len(tensor.raw_data)
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in (("location", "weights-are-given-at-load"), ("offset", "0"), ("length", str(length))):
                entry = tensor.external_data.add()
                entry.key, entry.value = key, value
    return model


def template(graph: Graph) -> bytes:
    """The serialized graph of any model of this form, its weights to be given at load."""
    data: bytes = weights_as_external_data(to_model(graph), graph).SerializeToString(deterministic=True)
    return data


class _Writer:
    """Collects nodes and constants; values are named as in the graph."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def translate(self, operators: Sequence[Convolution | ops.Operator], *, source: str, result: str) -> None:
        """Add one node per operator; the value `y` is called `source`, the last output `result`."""
        names = {"y": source, operators[-1].output: result}
        for operator in operators:
            self._add(operator, lambda name: names.get(name, name))

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
                weights = [self._constant("kernel", operator.kernel), self._constant("bias", operator.bias)]
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
            self._constant(ops.scalar_name(operator, role), np.array(value, np.float32))
            for role, value in operator.scalars.items()
        ]

    def _constant(self, name: str, value: Any) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(value, name))
        return name


def _largest(kind: str) -> Any:
    return np.array(np.iinfo(kind).max, np.float32)
