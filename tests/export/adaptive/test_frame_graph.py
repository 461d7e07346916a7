from dataclasses import replace

import numpy as np
import pytest
from support.adaptive_exports import session
from support.enhancers import random_adaptive, random_enhancer

from arllie_deploy.export.adaptive.frame_graph import frame_model, weights_of
from arllie_deploy.export.graph import build_graph
from arllie_deploy.export.onnx import to_model
from arllie_deploy.pictures.night import night_picture
from arllie_deploy.quality.parity import compare
from arllie_deploy.runtimes.layout import from_tensor, to_tensor

pytest.importorskip("onnx", reason="onnx is not installed")

forms = pytest.mark.parametrize("form", ["curve", "plain"])


@forms
@pytest.mark.parametrize("size", [(1, 1), (7, 1), (67, 251)])
def test_one_session_runs_every_kernel_at_every_size(form: str, size: tuple[int, int]) -> None:
    opened = session(frame_model(form, "float32"))
    y = np.random.default_rng(0).random((*size, 3))
    for seed in range(3):
        enhancer = random_enhancer(form, seed)
        output = opened.run(None, {"input": to_tensor(y, "NCHW"), **weights_of(enhancer)})[0]
        assert compare(from_tensor(output, "NCHW"), enhancer.reference(y)).max_abs <= 2e-6


@forms
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_integer_frames_are_converted_inside(form: str, dtype: type) -> None:
    model = random_adaptive(form)
    frame = night_picture()[::5, ::5].astype(dtype)
    opened = session(frame_model(form, np.dtype(dtype).name))  # type: ignore[arg-type]  # "uint8" or "uint16"
    output = opened.run(None, {"input": frame, **weights_of(model.for_frame(frame))})[0]
    assert (output.shape, output.dtype) == (frame.shape, frame.dtype)
    assert np.abs(output.astype(int) - model.enhance(frame)).max() <= 1


@forms
def test_the_operators_are_those_of_a_fixed_model(form: str) -> None:
    fixed = to_model(build_graph(random_enhancer(form)))
    free = frame_model(form, "float32")
    assert [node.op_type for node in free.graph.node] == [node.op_type for node in fixed.graph.node]
    names = ["input", "kernel", "bias"]
    assert {value.name for value in free.graph.input} == {*names, *(["gain", "knee"] if form == "curve" else [])}


@pytest.mark.parametrize(("gain", "knee"), [(0.7, 2.5), (2.5, 0.7)])
def test_gain_and_knee_are_not_mistaken_for_each_other(gain: float, knee: float) -> None:
    enhancer = replace(random_enhancer("curve"), constants={"gain": gain, "knee": knee})
    y = np.random.default_rng(0).random((9, 8, 3))
    output = session(frame_model("curve", "float32")).run(
        None, {"input": to_tensor(y, "NCHW"), **weights_of(enhancer)}
    )[0]
    np.testing.assert_allclose(from_tensor(output, "NCHW"), enhancer.reference(y), atol=2e-6)
