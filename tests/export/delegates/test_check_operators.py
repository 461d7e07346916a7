from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.enhancers import random_enhancer
from support.tflite_files import FRAME, FileOperator, FileTensor, bias, quantized, schema, tflite_file, weights

from arllie_deploy import ArllieError
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.export.delegates import DELEGATES, Verdict, check_operators, find_delegate
from arllie_deploy.export.request import Request
from arllie_deploy.export.tflite import write

_UNIT = {"stride_w": 1, "stride_h": 1, "dilation_w_factor": 1, "dilation_h_factor": 1}
_THREE = [0.01, 0.02, 0.03]


def _check(delegate: str, *operators: FileOperator, precision: str = "int8") -> Verdict:
    return check_operators(tflite_file(*operators), find_delegate(delegate), precision)


def _convolution(frame: Any = None, kernel: Any = None, out: Any = None, **options: int) -> FileOperator:
    """An INT8 convolution per channel where nothing else is given."""
    kernel = kernel or weights(scales=_THREE)
    inputs = [frame or quantized("INT8"), kernel, bias(len(kernel.scales) or 1)]
    return FileOperator("CONV_2D", inputs, [out or quantized("INT8", scale=0.5)], 3, {**_UNIT, **options})


def _unary(name: str, type_: str, version: int = 1, **quantization: Any) -> FileOperator:
    if type_ == "FLOAT32":
        return FileOperator(name, [FileTensor(type_)], [FileTensor(type_)], version)
    return FileOperator(name, [quantized(type_, **quantization)], [quantized(type_, **quantization)], version)


def _binary(name: str, type_: str, version: int = 1) -> FileOperator:
    frames = [FileTensor(type_) if type_ == "FLOAT32" else quantized(type_) for _ in range(3)]
    return FileOperator(name, frames[:2], frames[2:], version)


# What the exporter writes.


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
@pytest.mark.parametrize("form", EPILOGUES)
def test_every_float_form_is_carried_by_gpu_and_nnapi(form: str, precision: str, tmp_path: Path) -> None:
    data = _written(form, precision, tmp_path)
    gpu = check_operators(data, find_delegate("gpu"), precision)
    nnapi = check_operators(data, find_delegate("nnapi"), precision)
    assert (gpu.failed, gpu.facts) == (None, {"delegate": "gpu"})
    assert (nnapi.failed, nnapi.facts) == (None, {"delegate": "nnapi", "api_level": 29})
    assert check_operators(data, find_delegate("hexagon"), precision).failed is not None


def test_the_plain_integer_form_is_carried_by_nnapi_and_hexagon(tmp_path: Path) -> None:
    data = _written("plain", "int8", tmp_path)
    nnapi = check_operators(data, find_delegate("nnapi"), "int8")
    hexagon = check_operators(data, find_delegate("hexagon"), "int8")
    assert (nnapi.failed, nnapi.facts) == (None, {"delegate": "nnapi", "api_level": 30})
    assert (hexagon.failed, hexagon.facts) == (None, {"delegate": "hexagon"})


@pytest.mark.parametrize("delegate", ["nnapi", "hexagon"])
def test_the_direct_integer_form_is_refused_for_its_exponential(delegate: str, tmp_path: Path) -> None:
    failed = check_operators(_written("direct", "int8", tmp_path), find_delegate(delegate), "int8").failed
    assert failed is not None
    assert failed.startswith("operator 1 EXP with INT8 → INT8: ")


@pytest.mark.parametrize("delegate", DELEGATES)
def test_sixteen_bit_activations_are_refused(delegate: str, tmp_path: Path) -> None:
    assert check_operators(_written("plain", "int16x8", tmp_path), find_delegate(delegate), "int16x8").failed


def _written(form: str, precision: str, folder: Path) -> bytes:
    frames = [np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)]
    path = folder / "m.tflite"
    write(Request(random_enhancer(form), "tflite-cpu", precision, (16, 16), path, frames))
    return path.read_bytes()


# Operators by name and types.


@pytest.mark.parametrize("delegate", ["nnapi", "hexagon"])
@pytest.mark.parametrize("version", [1, 2])
def test_an_integer_exponential_is_refused(delegate: str, version: int) -> None:
    failed = _check(delegate, _unary("EXP", "INT8", version)).failed
    wanted = {
        "nnapi": "operator 0 EXP with INT8 → INT8: outside NNAPI's list: input 0 is INT8, listed: FLOAT32",
        "hexagon": "operator 0 EXP with INT8 → INT8: EXP is not in the Hexagon delegate's list",
    }
    assert failed == wanted[delegate]


@pytest.mark.parametrize("delegate", ["nnapi", "hexagon"])
def test_an_integer_division_is_refused(delegate: str) -> None:
    failed = _check(delegate, _convolution(), _binary("DIV", "INT8")).failed
    assert failed is not None
    assert failed.startswith("operator 1 DIV with INT8, INT8 → INT8: ")


@pytest.mark.parametrize("delegate", DELEGATES)
def test_every_operator_of_the_schema_that_is_not_listed_is_refused(delegate: str) -> None:
    listed = find_delegate(delegate)
    names = {name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
    for name in names - set(listed.operators):
        failed = _check(delegate, _unary(name, "FLOAT32"), precision="fp32").failed
        assert failed == f"operator 0 {name} with FLOAT32 → FLOAT32: {name} is not in {listed.owner}'s list"


def test_nnapi_has_no_clamp_to_one() -> None:
    assert _check("nnapi", _unary("RELU_0_TO_1", "FLOAT32"), precision="fp32").failed
    assert _check("gpu", _unary("RELU_0_TO_1", "FLOAT32"), precision="fp32").failed is None


@pytest.mark.parametrize("delegate", ["nnapi", "hexagon"])
@pytest.mark.parametrize(
    ("operator", "reason"),
    [
        (_convolution(quantized("INT16"), out=quantized("INT16")), "input 0 is INT16, listed: "),
        (_convolution(kernel=weights("UINT8")), "input 1 is UINT8, listed: "),
        (_convolution(out=quantized("UINT8", scale=0.5)), "output 0 is UINT8, listed: "),
        (_convolution(kernel=weights(scales=_THREE, axis=3)), "input 1 is INT8 per channel on axis 3, listed: "),
        (_convolution(kernel=weights(scales=_THREE, zero_points=[0, 1, 0])), "input 1 has zero point 0, 1, listed: 0"),
        (_convolution(FileTensor("INT8")), "input 0 is INT8 without a scale"),
        (_convolution(quantized("INT8", zero_point=200)), "input 0 has zero point 200, INT8 holds -128 to 127"),
        (_convolution(fused_activation_function=4), "fused_activation_function is TANH, listed: NONE, RELU"),
    ],
)
def test_the_right_operator_with_wrong_tensors_is_refused(delegate: str, operator: FileOperator, reason: str) -> None:
    failed = _check(delegate, operator).failed
    assert failed is not None
    assert f"'s list: {reason}" in failed


@pytest.mark.parametrize("delegate", ["nnapi", "hexagon"])
def test_a_fully_connected_layer_has_no_scales_per_channel(delegate: str) -> None:
    row = quantized("INT8", shape=(1, 3))

    def layer(scales: list[float]) -> FileOperator:
        kernel = FileTensor("INT8", (3, 3), values=1, scales=scales, zero_points=[0] * len(scales))
        return FileOperator("FULLY_CONNECTED", [row, kernel, bias()], [quantized("INT8", shape=(1, 3))], 4)

    assert _check(delegate, layer([0.01])).failed is None
    failed = _check(delegate, layer(_THREE)).failed
    assert failed is not None
    assert "input 1 is INT8 per channel on axis 0, listed: " in failed


def test_hexagon_takes_no_channel_much_weaker_than_the_strongest() -> None:
    assert _check("hexagon", _convolution(kernel=weights(scales=[1.0, 0.5, 0.001]))).failed is None
    failed = _check("hexagon", _convolution(kernel=weights(scales=[1.0, 0.5, 0.0009]))).failed
    assert failed is not None
    assert "input 1 has a scale that is 0.0009 of its largest, the least is 0.00098" in failed
    assert _check("nnapi", _convolution(kernel=weights(scales=[1.0, 0.5, 0.0009]))).failed is None


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"stride_w": 4}, "stride_w is 4, at most 3 may be"),
        ({"dilation_h_factor": 2}, "dilation_h_factor is 2, at most 1 may be"),
    ],
)
def test_options_outside_a_list_are_refused(options: dict[str, int], reason: str) -> None:
    failed = _check("hexagon", _convolution(**options)).failed
    assert failed is not None
    assert failed.endswith(reason)
    assert _check("nnapi", _convolution(**options)).failed is None


def test_a_newer_version_of_an_operator_is_refused() -> None:
    good = _convolution()
    newer = FileOperator(good.name, good.inputs, good.outputs, 9, good.options)
    for delegate, most in (("hexagon", 3), ("nnapi", 5)):
        failed = _check(delegate, newer).failed
        assert failed is not None
        assert failed.endswith(f"version 9 of the operator, listed: 1 to {most}")


def test_a_tensor_of_rank_five_is_refused() -> None:
    frames = [FileTensor("FLOAT32", (1, *FRAME)) for _ in range(2)]
    failed = _check("nnapi", FileOperator("RELU", frames[:1], frames[1:]), precision="fp32").failed
    assert failed is not None
    assert failed.endswith("a tensor has rank 5, at most 4 may be")


@pytest.mark.parametrize(("count", "found"), [(1, "input 1 is missing"), (4, "it has 4 inputs, listed: 3")])
def test_missing_and_surplus_tensors_are_refused(count: int, found: str) -> None:
    good = _convolution()
    inputs = [*good.inputs, bias()][:count]
    failed = _check("nnapi", FileOperator("CONV_2D", inputs, good.outputs, 3, good.options)).failed
    assert failed is not None
    assert found in failed


def test_an_absent_bias_is_fine_where_it_is_optional() -> None:
    frame, kernel, _ = _convolution().inputs
    layer = FileOperator("TRANSPOSE_CONV", [FileTensor("INT32", (4,), values=1), kernel, frame], _convolution().outputs)
    without = FileOperator(layer.name, [*layer.inputs, None], layer.outputs)
    assert _check("nnapi", layer).failed is _check("nnapi", without).failed is None


def test_any_number_of_tensors_is_concatenated() -> None:
    for count in (1, 2, 5):
        frames = [quantized("INT8") for _ in range(count)]
        assert _check("hexagon", FileOperator("CONCATENATION", frames, [quantized("INT8")], 2)).failed is None
    mixed = [quantized("INT8"), quantized("INT8"), quantized("UINT8")]
    failed = _check("hexagon", FileOperator("CONCATENATION", mixed, [quantized("INT8")], 2)).failed
    assert failed is not None
    assert "input 2 is UINT8, listed: INT8" in failed


# Islands.


def test_a_float_island_in_an_integer_artifact_is_found() -> None:
    frame, wide, narrow, out = quantized("INT8"), FileTensor("FLOAT32"), FileTensor("FLOAT32"), quantized("INT8")
    operators = [
        FileOperator("DEQUANTIZE", [frame], [wide]),
        FileOperator("RELU", [wide], [narrow]),
        FileOperator("QUANTIZE", [narrow], [out]),
    ]
    verdict = _check("nnapi", *operators)
    assert verdict.failed == (
        "operator 0 DEQUANTIZE with INT8 → FLOAT32: a float island in an integer artifact, "
        "all of whose tensors must be integers (and 2 more)"
    )
    assert verdict.facts == {"delegate": "nnapi"}
    # The same operators are in NNAPI's list: only the artifact's precision makes them an island.
    assert _check("nnapi", *operators, precision="fp32").failed is None


def test_float_frames_around_an_integer_graph_are_an_island_too() -> None:
    frame = quantized("INT8")
    failed = _check("nnapi", FileOperator("QUANTIZE", [FileTensor("FLOAT32")], [frame]), _convolution(frame)).failed
    assert failed is not None
    assert failed.startswith("operator 0 QUANTIZE with FLOAT32 → INT8: a float island")


# Constants of 16 bits.


def test_stored_halves_take_the_place_of_their_dequantization_only() -> None:
    half, wide = FileTensor("FLOAT16", (1,), values=0.5), FileTensor("FLOAT32", (1,))
    widening = FileOperator("DEQUANTIZE", [half], [wide], 3)
    product = FileOperator("MUL", [FileTensor("FLOAT32"), wide], [FileTensor("FLOAT32")])
    for delegate in ("gpu", "nnapi"):
        verdict = _check(delegate, widening, product, precision="fp16")
        assert verdict.failed is None
    computed = FileOperator("DEQUANTIZE", [FileTensor("FLOAT16", (1,))], [wide], 3)
    for delegate in ("gpu", "nnapi"):
        failed = _check(delegate, computed, product, precision="fp16").failed
        assert failed is not None
        assert failed.startswith("operator 0 DEQUANTIZE with FLOAT16 → FLOAT32: ")


def test_nnapi_judges_by_the_first_input_which_must_not_be_a_half() -> None:
    half, wide = FileTensor("FLOAT16", (1,), values=0.5), FileTensor("FLOAT32", (1,))
    widening = FileOperator("DEQUANTIZE", [half], [wide], 3)
    quotient = FileOperator("DIV", [wide, FileTensor("FLOAT32")], [FileTensor("FLOAT32")])
    failed = _check("nnapi", widening, quotient, precision="fp16").failed
    assert failed is not None
    assert "input 0 is FLOAT16, listed: FLOAT32" in failed
    assert _check("gpu", widening, quotient, precision="fp16").failed is None


# Levels of Android's API.


@pytest.mark.parametrize(
    ("operator", "level"),
    [
        (_unary("RELU", "FLOAT32"), 27),
        (_unary("RELU", "UINT8"), 27),
        (_unary("RELU", "INT8", 2), 30),
        (_binary("DIV", "FLOAT32"), 28),
        (_binary("MINIMUM", "FLOAT32"), 29),
        (_unary("EXP", "FLOAT32"), 29),
        (_convolution(quantized("UINT8"), weights("UINT8"), quantized("UINT8", scale=0.5)), 27),
        (_convolution(quantized("UINT8"), weights("UINT8"), quantized("UINT8", scale=1e-6)), 29),
        (_convolution(quantized("UINT8"), weights(scales=_THREE), quantized("UINT8", scale=0.5)), 29),
        (_convolution(), 30),
        (_unary("HARD_SWISH", "FLOAT32"), 30),
    ],
    ids=lambda value: f"{value.name}-{value.inputs[0].type}" if isinstance(value, FileOperator) else str(value),
)
def test_the_level_depends_on_operator_and_types(operator: FileOperator, level: int) -> None:
    assert _check("nnapi", operator, precision="fp32").api_level == level


def test_a_file_needs_the_highest_of_its_operators_levels() -> None:
    operators = [_unary("RELU", "FLOAT32"), _binary("MINIMUM", "FLOAT32"), _binary("DIV", "FLOAT32")]
    verdict = _check("nnapi", *operators, precision="fp32")
    assert [finding.api_level for finding in verdict.findings] == [27, 29, 28]
    assert verdict.api_level == 29


def test_a_refused_file_has_no_level() -> None:
    assert _check("nnapi", _unary("RELU", "FLOAT32"), _unary("SIGN", "FLOAT32"), precision="fp32").api_level is None


# Files.


def test_what_is_no_tflite_file_is_refused() -> None:
    for data in (b"", b"\0" * 64, tflite_file(_convolution()).replace(b"TFL3", b"TFL9")):
        with pytest.raises(ArllieError, match="not a TFLite file"):
            check_operators(data, find_delegate("nnapi"), "int8")


def test_a_truncated_file_is_refused() -> None:
    whole = tflite_file(_convolution())
    for length in (8, 40, len(whole) // 2):
        with pytest.raises(ArllieError, match="a damaged TFLite file"):
            check_operators(whole[:length], find_delegate("nnapi"), "int8")


def test_the_hand_made_convolution_is_a_real_one() -> None:
    from ai_edge_litert.interpreter import Interpreter

    kernel = FileTensor("INT8", (3, 3, 3, 3), values=1, scales=_THREE, zero_points=[0, 0, 0])
    scales = [0.0039 * scale for scale in _THREE]
    offset = FileTensor("INT32", (3,), values=0, scales=scales, zero_points=[0, 0, 0])
    inputs = [quantized("INT8"), kernel, offset]
    data = tflite_file(FileOperator("CONV_2D", inputs, [quantized("INT8", scale=0.5)], 3, _UNIT))
    interpreter = Interpreter(model_content=data)
    interpreter.allocate_tensors()
    assert tuple(interpreter.get_output_details()[0]["shape"]) == FRAME
    assert check_operators(data, find_delegate("hexagon"), "int8").failed is None
