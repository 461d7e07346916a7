"""The packaged graphs in which onnxruntime runs any model without the onnx package: one per epilogue and frame type."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from arllie_deploy.atomic import write_bytes
from arllie_deploy.enhancer import BIAS_SHAPE, KERNEL_SHAPE, Enhancer
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.epilogues.operators import scalar_name
from arllie_deploy.export.graph import Convolution, FrameType, Graph, build_graph
from arllie_deploy.export.onnx import to_model

if TYPE_CHECKING:
    from onnx import ModelProto


def make_templates() -> dict[str, bytes]:
    """File name -> contents of every template."""
    made = {}
    for epilogue in EPILOGUES:
        kernel, bias = np.zeros(KERNEL_SHAPE, np.float32), np.zeros(BIAS_SHAPE, np.float32)
        enhancer = Enhancer("template", kernel, bias, epilogue)
        for frame_type in get_args(FrameType):
            made[f"{epilogue}-{frame_type}.onnx"] = template(build_graph(enhancer, frame_type))
    return made


def template(graph: Graph) -> bytes:
    """The serialized graph of any model of this form: kernel, bias and the epilogue's scalars are inputs."""
    operators = [operator for operator in graph.operators if not isinstance(operator, Convolution)]
    names = [scalar_name(operator, role) for operator in operators for role in operator.scalars]
    inputs: dict[str, tuple[str, tuple[int, ...]]] = {name: (name, ()) for name in names}
    inputs |= {"kernel": ("kernel", KERNEL_SHAPE), "bias": ("bias", BIAS_SHAPE)}
    data: bytes = weights_as_inputs(to_model(graph), inputs).SerializeToString(deterministic=True)
    return data


def weights_as_inputs(model: ModelProto, inputs: Mapping[str, tuple[str, tuple[int, ...]]]) -> ModelProto:
    """Turn constants of a float32 graph into inputs.

    Args:
        model: is changed.
        inputs: name of the constant -> name and shape of the input.
    """
    from onnx import TensorProto, checker, helper

    kept = [tensor for tensor in model.graph.initializer if tensor.name not in inputs]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    for node in model.graph.node:
        node.input[:] = [inputs[name][0] if name in inputs else name for name in node.input]
    for name, shape in inputs.values():
        model.graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    checker.check_model(model, full_check=True)
    return model


def write_templates(folder: Path) -> None:
    """Write them all; a test compares the packaged ones with what this makes."""
    for name, data in make_templates().items():
        write_bytes(folder / name, data)
