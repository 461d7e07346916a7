from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.enhancers import random_adaptive, random_enhancer
from support.integer_models import differing_share, largest_difference, worst_frames

from arllie_deploy import ArllieError
from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.models import MEMBERS, find_model
from arllie_deploy.native.integer import LARGEST_SUM, LARGEST_WEIGHT, IntegerModel, quantize
from arllie_deploy.native.logistic_form import LOGISTIC_FORMS
from arllie_deploy.pictures.dark_set import DARK_PICTURES, dark_pictures


@pytest.mark.parametrize("member", MEMBERS)
def test_every_shipped_model_is_within_one_level(member: str, record_property: Callable[[str, object], None]) -> None:
    shipped = find_model(member)
    bounds, shares = [], []
    for name in DARK_PICTURES:
        picture = dark_pictures()[name]
        enhancer = shipped.for_frame(picture) if isinstance(shipped, AdaptiveEnhancer) else shipped
        model = quantize(enhancer)
        part = picture[:144]
        assert largest_difference(enhancer, model, part) <= 1
        for frame in worst_frames(enhancer, model) if enhancer is not shipped or not shares else ():
            assert largest_difference(enhancer, model, frame) <= 1
        bounds.append(model.error_bound)
        shares.append(differing_share(enhancer, model, part))
    record_property(f"{member} in integers, bound in levels", f"{max(bounds):.3f}")
    record_property(f"{member} in integers, bytes that differ on the dark set", f"{np.mean(shares):.2%}")
    assert max(bounds) <= 1.0


def quantized_or_refusal(enhancer: Enhancer) -> IntegerModel | str:
    try:
        return quantize(enhancer)
    except ArllieError as error:
        return str(error)


@st.composite
def enhancers(draw: st.DrawFn, largest: float) -> Enhancer:
    name = draw(st.sampled_from([*EPILOGUES]))
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    size = draw(st.floats(0.01, largest))
    kernel = rng.uniform(-size, size, (3, 3, 3, 3)) * rng.random((3, 3, 3, 3)) ** draw(st.sampled_from([0, 1, 4]))
    bias = rng.uniform(-4.0, 4.0, 3)
    constants: dict[str, float] = {
        "residual": {"epsilon": draw(st.floats(1e-5, 0.9))},
        "direct": {"epsilon": draw(st.floats(1e-5, 0.9))},
        "plain": {},
        "curve": {"gain": draw(st.floats(0.3, 4.0)), "knee": draw(st.floats(0.03, 8.0))},
    }[name]
    return Enhancer("drawn", kernel.astype(np.float32), bias.astype(np.float32), name, constants)


@settings(max_examples=200)
@given(enhancers(16.0))
def test_a_model_is_refused_with_the_reason_or_within_one_level_on_its_worst_frames(enhancer: Enhancer) -> None:
    model = quantized_or_refusal(enhancer)
    if isinstance(model, str):
        assert model.startswith("drawn: ")
        assert model.endswith("use floats")
        return
    assert model.error_bound <= 1.0
    for frame in worst_frames(enhancer, model):
        assert largest_difference(enhancer, model, frame) <= 1


@pytest.mark.parametrize("name", ["plain", "residual", "direct"])
def test_models_with_weights_of_up_to_8_are_not_refused(name: str) -> None:
    for seed in range(20):
        enhancer = random_enhancer(name, seed)
        factor = np.float32(8.0) / np.abs(enhancer.kernel).max()
        assert quantize(replace(enhancer, kernel=enhancer.kernel * factor)).error_bound <= 1.0


@pytest.mark.parametrize("epilogue", ["curve", "plain", "basis"])
def test_the_models_of_an_adaptive_family_that_was_not_trained_are_refused_or_within_one_level(epilogue: str) -> None:
    frame = dark_pictures()["window"][:60, :60]
    taken = 0
    for seed in range(8):
        enhancer = random_adaptive(epilogue, seed, 0.2).for_frame(frame)
        model = quantized_or_refusal(enhancer)
        if isinstance(model, str):
            # Its knee is near the least one, or its weights hold some that training does not give.
            assert "may be off by" in model
            continue
        taken += 1
        assert largest_difference(enhancer, model, frame) <= 1
    assert taken > 3


def test_the_weights_use_the_finest_step_that_fits() -> None:
    for seed in range(10):
        model = quantize(random_enhancer("plain", seed))
        largest = int(np.abs(model.kernel).max())
        assert largest <= LARGEST_WEIGHT
        assert model.shift == 14 or largest > LARGEST_WEIGHT // 2 - 1


def test_the_kernel_is_stored_in_the_order_of_memory() -> None:
    enhancer = random_enhancer("plain")
    model = quantize(enhancer)
    expected = enhancer.kernel[2, 0, 1, 2] * 2.0**model.shift
    assert model.kernel[2, 1, 2, 0] == pytest.approx(expected, abs=0.5)
    assert model.kernel.flags.c_contiguous


@pytest.mark.parametrize("epsilon", [1e-30, 1e-4, 0.004, 0.1, 0.999])
@pytest.mark.parametrize("name", ["residual", "direct"])
def test_any_epsilon_is_within_one_level(name: str, epsilon: float) -> None:
    enhancer = replace(random_enhancer(name), constants={"epsilon": epsilon})
    model = quantize(enhancer)
    for frame in worst_frames(enhancer, model):
        assert largest_difference(enhancer, model, frame) <= 1


def test_a_kernel_of_zeros_gives_its_constant_color() -> None:
    enhancer = Enhancer("zeros", np.zeros((3, 3, 3, 3), np.float32), np.array([0.1, 0.5, 2.0], np.float32), "plain")
    frame = np.full((3, 4, 3), 77, np.uint8)
    assert largest_difference(enhancer, quantize(enhancer), frame) == 0


def test_a_weight_beyond_sixteen_bits_is_refused() -> None:
    enhancer = random_enhancer("plain")
    enhancer.kernel[0, 0, 0, 0] = 5000.0
    with pytest.raises(ArllieError, match="random: a weight of 5000 has no form of 16 bits, at most 2040 has; use"):
        quantize(enhancer)


def test_a_sum_beyond_thirty_two_bits_is_refused() -> None:
    enhancer = random_enhancer("plain")
    enhancer.bias[1] = -LARGEST_SUM / 255 / 2**13
    with pytest.raises(ArllieError, match=r"random: sums of up to .* do not fit 32 bits, the bias is too large"):
        quantize(enhancer)


def test_weights_too_coarse_for_one_level_are_refused() -> None:
    enhancer = random_enhancer("plain")
    enhancer.kernel[0, 0, 0, 0] = 300.0
    with pytest.raises(ArllieError, match=r"random: its integer form may be off by \d+\.\d\d levels, 1 is allowed; "):
        quantize(enhancer)


@pytest.mark.parametrize("huge", [3e38, -3e38])
@pytest.mark.parametrize("name", EPILOGUES)
def test_numbers_at_the_end_of_float32_are_refused(name: str, huge: float) -> None:
    for field in ("kernel", "bias"):
        enhancer = random_enhancer(name)
        getattr(enhancer, field).flat[0] = huge
        with pytest.raises(ArllieError, match="use floats"):
            quantize(enhancer)


@pytest.mark.parametrize("name", ["plain", "residual", "direct"])
def test_the_rounding_of_the_weights_is_off_as_far_to_one_side_as_to_the_other(name: str) -> None:
    """The sums of the two patches that drive it to its ends, around the exact sum plus what rounds the next shift."""
    enhancer = random_enhancer(name, 3)
    model = quantize(enhancer)
    gain, term = 1.0, 2.0 ** (model.shift - 1)
    if form := LOGISTIC_FORMS.get(name):
        gain, term = form.gain, 2.0 ** (model.shift - 4) * (0.5 - form.unit * form.center)
    exact = gain * 2.0**model.shift * enhancer.kernel.astype(np.float64).transpose(0, 2, 3, 1)
    errors = model.kernel - exact
    for channel in range(3):
        differences = []
        for patch in (255.0 * (errors[channel] > 0), 255.0 * (errors[channel] < 0)):
            wanted = (
                (exact[channel] * patch).sum() + 255 * gain * 2.0**model.shift * float(enhancer.bias[channel]) + term
            )
            differences.append((model.kernel[channel] * patch).sum() + model.bias[channel] - wanted)
        assert differences[0] > 0 > differences[1]
        assert sum(differences) == pytest.approx(0.0, abs=1.01)
