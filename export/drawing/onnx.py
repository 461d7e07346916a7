"""Reads the graph of a .onnx file; constants are listed where they are read, nested graphs are counted, not drawn."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.export.drawing.graph_picture import GraphPicture, Node, Value

if TYPE_CHECKING:
    from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, TypeProto


def read(path: Path) -> GraphPicture:
    """The graph of a file.

    Raises:
        ArllieError: if it is not an ONNX file.
        OSError: if it cannot be read.
        UnavailableError: if onnx is not installed.
    """
    try:
        from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # ships no types
        from onnx import ModelProto
    except ModuleNotFoundError:
        raise UnavailableError('drawing it needs onnx: pip install "arllie-deploy[export]"') from None
    model = ModelProto()
    try:
        model.ParseFromString(path.read_bytes())
    except DecodeError:
        model.Clear()
    if not model.HasField("graph"):
        raise ArllieError(f"{path.name} is not a whole ONNX file")
    return _Reader(_with_shapes(model).graph).picture()


def _with_shapes(model: ModelProto) -> ModelProto:
    """The model with the types of the values between its operators, as far as they can be told."""
    from onnx import shape_inference

    try:
        return shape_inference.infer_shapes(model)
    except (RuntimeError, ValueError, shape_inference.InferenceError):
        # Operators of a vendor can stop it; what the file itself says is then all there is.
        return model


class _Reader:
    """Gives each name of the graph its place among the values."""

    def __init__(self, graph: GraphProto) -> None:
        self._graph = graph
        self._stored = {tensor.name: tensor for tensor in graph.initializer}
        self._stored.update(_constants(graph.node))
        self._types = {each.name: each.type for each in (*graph.value_info, *graph.input, *graph.output)}
        self._places: dict[str, int] = {}

    def picture(self) -> GraphPicture:
        given = [value.name for value in self._graph.input if value.name not in self._stored]
        executed = [
            node
            for node in self._graph.node
            if not (node.op_type == "Constant" and set(node.output) & set(self._stored))
        ]
        inputs, outputs = (
            [self._place(name) for name in names] for names in (given, [value.name for value in self._graph.output])
        )
        nodes = [self._node(node) for node in executed]
        return GraphPicture(tuple(map(self._value, self._places)), tuple(inputs), tuple(outputs), tuple(nodes))

    def _place(self, name: str) -> int:
        return self._places.setdefault(name, len(self._places))

    def _node(self, node: NodeProto) -> Node:
        details = [] if node.domain in ("", "ai.onnx") else [("domain", node.domain)]
        details += [(attribute.name, _attribute(attribute)) for attribute in node.attribute]
        read, made = (
            tuple(self._place(name) if name else None for name in names) for names in (node.input, node.output)
        )
        return Node(node.op_type, read, made, tuple(details))

    def _value(self, name: str) -> Value:
        if name in self._stored:
            tensor = self._stored[name]
            return Value(name, _type_name(tensor.data_type), tuple(tensor.dims), contents=_contents(tensor))
        type_ = self._types.get(name)
        return Value(name) if type_ is None else Value(name, _type_name(type_.tensor_type.elem_type), _shape(type_))


def _constants(nodes: Iterable[NodeProto]) -> dict[str, TensorProto]:
    return {
        node.output[0]: attribute.t
        for node in nodes
        if node.op_type == "Constant" and node.output
        for attribute in node.attribute
        if attribute.name == "value"
    }


def _type_name(number: int) -> str:
    from onnx import TensorProto

    return "" if number == 0 else _TYPE_NAMES.get(name := TensorProto.DataType.Name(number).lower(), name)


_TYPE_NAMES = {"float": "float32", "double": "float64"}


def _shape(type_: TypeProto) -> tuple[int | str, ...] | None:
    if not type_.tensor_type.HasField("shape"):
        return None
    return tuple(
        each.dim_value if each.HasField("dim_value") else _named(each.dim_param) for each in type_.tensor_type.shape.dim
    )


def _named(parameter: str) -> str:
    """Names that the inference of shapes makes up say nothing."""
    return parameter if parameter and not parameter.startswith("unk__") else "?"


def _contents(tensor: TensorProto) -> str | None:
    from onnx import TensorProto, numpy_helper

    count = 1
    for extent in tensor.dims:
        count *= extent
    if count != 1 or tensor.data_location == TensorProto.EXTERNAL or tensor.data_type == TensorProto.STRING:
        return None
    try:
        return f"{numpy_helper.to_array(tensor).item():g}"
    except ValueError:  # fewer bytes than its type and shape say
        return None


def _attribute(attribute: AttributeProto) -> str:
    from onnx import AttributeProto, helper

    match attribute.type:
        case AttributeProto.GRAPH:
            return f"a graph of {len(attribute.g.node)} operators"
        case AttributeProto.TENSOR:
            return f"{_type_name(attribute.t.data_type)} {'×'.join(map(str, attribute.t.dims))}"
        case AttributeProto.STRING:
            return _string(attribute.s)
        case AttributeProto.FLOAT | AttributeProto.INT | AttributeProto.FLOATS | AttributeProto.INTS:
            return _numbers(helper.get_attribute_value(attribute))
        case _:
            return str(AttributeProto.AttributeType.Name(attribute.type)).lower()


def _numbers(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float | int) else ", ".join(f"{each:g}" for each in value)


def _string(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
    return text if text.isprintable() and (text or not data) else f"{len(data)} bytes"
