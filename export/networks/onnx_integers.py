"""ONNX in int8: the ranges of a float graph's values on calibration frames, and QDQ pairs with them."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.export.networks.observing import observe_parts
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.export.networks.saturation import before_logistic

if TYPE_CHECKING:
    from onnx import ModelProto

Ranges = dict[str, tuple[float, float]]

# Their output has any range, and what lies outside it saturates; others move values, which have one range everywhere.
_COMPUTING = ("Add", "Sub", "Mul", "Conv", "ConvTranspose", "Gemm")


def to_int8(model: ModelProto, request: NetworkRequest, *, unsigned: bool = False) -> ModelProto:
    """The graph with QDQ pairs: 8-bit activations in the ranges of a request, int8 weights per output channel.

    Args:
        model: float32.
        request: has the calibration.
        unsigned: whether activations are uint8.
    """
    import onnx
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.calibrate import TensorsData, save_tensors_data
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory(prefix="arllie-onnx-") as scratch:
        source, prepared, result = (str(Path(scratch) / f"{name}.onnx") for name in ("float", "prepared", "int8"))
        onnx.save(model, source)
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
        ranges = observe(onnx.load(prepared), request.calibration, request.percentile, request.network.value_range)
        data = {name: tuple(np.array(end, np.float32) for end in ends) for name, ends in ranges.items()}
        place = Path(scratch) / "ranges.json"
        save_tensors_data(TensorsData(CalibrationMethod.MinMax, data), place)
        quantize_static(
            prepared,
            result,
            None,
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8 if unsigned else QuantType.QInt8,
            weight_type=QuantType.QInt8,
            calibration_cache_path=str(place),
        )
        return onnx.load(result)


def observe(
    model: ModelProto, frames: Sequence[NDArray[np.float32]], percentile: float, value_range: tuple[float, float]
) -> Ranges:
    """The range of every tensor on frames.

    Args:
        model: float32, from `input` to `output`, with the types of its tensors.
        frames: (1, channels, height, width), any sizes.
        percentile: as in `Calibration`; taken per frame, of which the widest counts.
        value_range: of input and output, whatever they are on the frames.
    """
    found = observe_parts(_float_tensors(model), lambda names: _values(model, names, frames), percentile)
    for name in ("input", "output"):
        found[name] = value_range
    _spare_saturated(model, found)
    return found


def _float_tensors(model: ModelProto) -> list[str]:
    import onnx

    graph = model.graph
    kinds = {value.name: value.type.tensor_type.elem_type for value in (*graph.value_info, *graph.output)}
    made = (name for node in graph.node if node.op_type != "Constant" for name in node.output)
    return [name for name in made if kinds.get(name) == onnx.TensorProto.FLOAT]


def _values(
    model: ModelProto, names: Sequence[str], frames: Sequence[NDArray[np.float32]]
) -> Iterator[tuple[str, NDArray[Any]]]:
    import onnx
    import onnxruntime

    opened = onnx.ModelProto()
    opened.CopyFrom(model)
    del opened.graph.output[:]
    opened.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    # What is fused away has no values to look at.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(opened.SerializeToString(), options, providers=["CPUExecutionProvider"])
    for frame in frames:
        yield from zip(names, session.run(list(names), {"input": frame}), strict=True)


def _spare_saturated(model: ModelProto, ranges: Ranges) -> None:
    """What a logistic alone looks at needs no numbers where it is flat."""
    nodes = model.graph.node
    makers = {name: node.op_type for node in nodes for name in node.output}
    uses = Counter([*(name for node in nodes for name in node.input), *(value.name for value in model.graph.output)])
    for node in (one for one in nodes if one.op_type == "Sigmoid"):
        name = node.input[0]
        if makers.get(name) in _COMPUTING and uses[name] == 1:
            ranges[name] = before_logistic(*ranges[name])
