from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.adaptive_exports import outputs, random_basis_model, session, shipped, wild_statistics
from support.enhancers import random_adaptive

from arllie_deploy import ArllieError
from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.export.adaptive.mixed_graph import mixed_graph, mixed_model
from arllie_deploy.export.adaptive.mixed_head import mixed_head_model
from arllie_deploy.export.adaptive.mixing import (
    EXPOSURE_STEP,
    LARGEST_EXPOSURE,
    Condition,
    Mixing,
    conditions,
    make_mixing,
    mixed_enhancer,
    mixed_weights,
    with_filters,
)
from arllie_deploy.export.adaptive.tflite import rounded_filters
from arllie_deploy.frames import to_unit
from arllie_deploy.pictures.dark_set import dark_pictures
from arllie_deploy.quality.parity import compare
from arllie_deploy.runtimes.layout import from_tensor, to_tensor
from arllie_deploy.statistics import frame_statistics

FRAMES = [picture[::4, ::4].copy() for picture in dark_pictures().values()]
MODELS = {
    "arllie-adaptive-int": shipped("arllie-adaptive-int"),
    "3 kernels": random_basis_model(3),
    "4 kernels": random_basis_model(4),
}
models = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def made(model: AdaptiveEnhancer) -> tuple[Mixing, list[Condition]]:
    seen = conditions(model, FRAMES)
    return make_mixing(model, seen, largest_exposed=2.0), seen


def kernel_of(model: AdaptiveEnhancer, mixing: Mixing, statistics: np.ndarray) -> np.ndarray:
    """What the graph's filters and factors are as one kernel."""
    factors = mixing.factors(model.head.basis, *mixed_weights(model, statistics))
    parts = factors.exposure * factors.scales / np.repeat(mixing.magnified, 3)
    scaled = parts[:, None, None, None] * mixing.filters
    return scaled.reshape(-1, 3, 3, 3, 3).sum(axis=0)


@pytest.mark.parametrize("frame", FRAMES, ids=dark_pictures())
def test_on_pictures_the_mixed_model_is_the_model(frame: np.ndarray) -> None:
    model, statistics = MODELS["arllie-adaptive-int"], frame_statistics(frame)
    exact = model.condition(statistics)
    mixed = mixed_enhancer(model, statistics)
    np.testing.assert_allclose(mixed.kernel, exact.kernel, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(mixed.bias, exact.bias)


@models
@given(seed=st.integers(0, 10**6))
def test_whatever_the_statistics_are_colors_mix_as_the_bounds_say(model: AdaptiveEnhancer, seed: int) -> None:
    """The same mix of input channels as the model's own, reached with other taps."""
    statistics = model.head.mean + wild_statistics(seed)
    bounded = model.condition(statistics).kernel.sum((2, 3))
    mixed = mixed_enhancer(model, statistics).kernel.sum((2, 3))
    np.testing.assert_allclose(mixed, bounded, rtol=0, atol=1e-4 * max(1.0, np.abs(bounded).max()))


@models
def test_filters_and_factors_are_the_kernel(model: AdaptiveEnhancer) -> None:
    mixing, _ = made(model)
    for seed in range(20):
        statistics = model.head.mean + wild_statistics(seed)
        kernel = mixed_enhancer(model, statistics).kernel
        made_kernel = kernel_of(model, mixing, statistics)
        np.testing.assert_allclose(made_kernel, kernel, rtol=0, atol=1e-5 * np.abs(kernel).max())


def test_scales_make_good_what_rounded_filters_lost() -> None:
    model = MODELS["arllie-adaptive-int"]
    mixing, seen = made(model)
    rounded = with_filters(model, rounded_filters(mixing), seen)
    careless = replace(mixing, filters=rounded.filters)
    losses = []
    for each in (rounded, careless):
        errors = []
        for frame in FRAMES:
            statistics = frame_statistics(frame)
            change = kernel_of(model, each, statistics) - mixed_enhancer(model, statistics).kernel
            errors.append(np.abs(change.sum((1, 2, 3))).max())
        losses.append(max(errors))
    assert losses[0] < 0.3 * losses[1]


def test_every_response_of_calibration_frames_fits_its_range() -> None:
    mixing, seen = made(MODELS["arllie-adaptive-int"])
    for each in seen:
        factors = mixing.factors(MODELS["arllie-adaptive-int"].head.basis, each.weights, each.bias)
        assert factors.exposure % EXPOSURE_STEP == 0.0
        assert 1.0 <= factors.exposure <= LARGEST_EXPOSURE
        exposed = np.minimum(each.patches * factors.exposure, 2.0)
        responses = np.abs(exposed @ mixing.filters.reshape(-1, 27).T)
        assert (np.percentile(responses, 99.9, axis=0) <= 1.0 + 1e-9).all()


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@models
def test_the_head_gives_the_factors(model: AdaptiveEnhancer, layout: str) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed")
    mixing, _ = made(model)
    opened = session(mixed_head_model(model, mixing, layout))  # type: ignore[arg-type]  # one of the two layouts
    for seed in range(20):
        statistics = (model.head.mean + 0.3 * wild_statistics(seed)).astype(np.float32)
        given_ = outputs(opened, statistics=statistics)
        weights, bias = mixed_weights(model, statistics.astype(np.float64))
        wanted = mixing.factors(model.head.basis, weights, bias)
        axis = 1 if layout == "NCHW" else 3
        assert [given_[name].shape[axis] for name in ("exposure", "scales", "offsets")] == [1, len(mixing.filters), 3]
        # The exposure may round the other way, and then the scales make up for it.
        total = given_["exposure"].item() * given_["scales"].ravel()
        np.testing.assert_allclose(total, wanted.exposure * wanted.scales, rtol=0, atol=1e-4 * np.abs(total).max())
        np.testing.assert_allclose(given_["offsets"].ravel(), wanted.offsets, atol=1e-5)


def test_the_onnx_graph_computes_it() -> None:
    pytest.importorskip("onnx", reason="onnx is not installed")
    model = MODELS["arllie-adaptive-int"]
    mixing, _ = made(model)
    opened = session(mixed_model(mixed_graph(mixing)))
    for frame in FRAMES[:3]:
        statistics = frame_statistics(frame)
        factors = mixing.factors(model.head.basis, *mixed_weights(model, statistics))
        given_ = {
            "exposure": np.full((1, 1, 1, 1), factors.exposure, np.float32),
            "scales": factors.scales.reshape(1, -1, 1, 1).astype(np.float32),
            "offsets": factors.offsets.reshape(1, 3, 1, 1).astype(np.float32),
        }
        output = from_tensor(opened.run(None, {"input": to_tensor(frame, "NCHW"), **given_})[0], "NCHW")
        assert compare(output, mixed_enhancer(model, statistics).reference(to_unit(frame))).max_abs <= 1e-5


def test_a_model_without_a_basis_is_refused_with_the_one_that_has_it() -> None:
    with pytest.raises(ArllieError, match=r"this target needs constant ones; .* arllie-adaptive-int"):
        conditions(random_adaptive("curve"), FRAMES)


def test_filters_cannot_be_chosen_without_frames() -> None:
    with pytest.raises(ArllieError, match="give calibration frames"):
        conditions(MODELS["arllie-adaptive-int"], [])


def test_too_few_kernels_to_keep_the_bounds_are_refused() -> None:
    with pytest.raises(ArllieError, match="fewer than 3 independent kernels"):
        conditions(random_basis_model(2), FRAMES)
