"""Builds an ONNX graph node by node: every operation gives the name of its result to the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from arllie_deploy.export.onnx import OPSET

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

# Read by onnxruntime 1.12 and later, as opset 17.
IR_VERSION = 8
# Name -> (numpy dtype, shape); a string in the shape is a dynamic length.
Signature = Mapping[str, tuple[Any, Sequence[int | str]]]


class Nodes:
    """The nodes and constants of a graph that is being built."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []

    def add(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Append a node of one output; gives that output's name."""
        from onnx import helper

        name = output or f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def take(self, kind: str, *inputs: str, outputs: int, which: int, **attributes: Any) -> str:
        """Append a node of several outputs; gives the name of the one that is wanted."""
        from onnx import helper

        names = [f"{kind.lower()}_{len(self._nodes)}_{index}" for index in range(outputs)]
        self._nodes.append(helper.make_node(kind, list(inputs), names, name=names[which], **attributes))
        return names[which]

    def constant(self, value: Any, dtype: Any = np.float32) -> str:
        """Store an array; gives its name."""
        from onnx import numpy_helper

        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def model(self, name: str, inputs: Signature, outputs: Signature) -> ModelProto:
        """The checked model of all that was added."""
        from onnx import checker, helper

        def described(signature: Signature) -> list[Any]:
            return [
                helper.make_tensor_value_info(key, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), list(shape))
                for key, (dtype, shape) in signature.items()
            ]

        model = helper.make_model(
            helper.make_graph(self._nodes, name, described(inputs), described(outputs), self._constants),
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="arllie-deploy",
        )
        checker.check_model(model, full_check=True)
        return model
