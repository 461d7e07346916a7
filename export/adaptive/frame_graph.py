"""The graph of one frame as ONNX, with kernel, bias and the curve's constants as inputs: one session for all frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from arllie_deploy.enhancer import BIAS_SHAPE, KERNEL_SHAPE, Enhancer
from arllie_deploy.epilogues.operators import scalar_name
from arllie_deploy.export.graph import Convolution, FrameType, build_graph
from arllie_deploy.export.onnx import to_model
from arllie_deploy.export.templates import weights_as_inputs

if TYPE_CHECKING:
    from onnx import ModelProto


def frame_model(form: str, frame_type: FrameType) -> ModelProto:
    """The graph of every adaptive model of a form, "curve" or "plain", operator by operator that of a fixed model.

    Inputs are `input`, as `onnx.to_model` describes it for `frame_type`, and what `weights_of` gives; the output is
    `output`.
    """
    zeros = np.zeros(KERNEL_SHAPE, np.float32), np.zeros(BIAS_SHAPE, np.float32)
    some = Enhancer("template", *zeros, form)
    graph = build_graph(some, frame_type)
    operators = [operator for operator in graph.operators if not isinstance(operator, Convolution)]
    scalars = {
        scalar_name(operator, role): (constant, (1,))
        for operator in operators
        for role, value in operator.scalars.items()
        for constant, default in some.constants.items()
        if value == default
    }
    weights = {"kernel": ("kernel", KERNEL_SHAPE), "bias": ("bias", BIAS_SHAPE)}
    return weights_as_inputs(to_model(graph), {**weights, **scalars})


def weights_of(enhancer: Enhancer) -> dict[str, Any]:
    """The inputs of `frame_model` beside the frame, float32: kernel, bias, and the curve's gain (1,) and knee (1,)."""
    constants = {name: np.array([value], np.float32) for name, value in enhancer.constants.items()}
    return {"kernel": enhancer.kernel, "bias": enhancer.bias, **constants}
