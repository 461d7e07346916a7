import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from arllie_deploy.training.quantized_weights import LARGEST, fake_levels, fake_quantize, quantize


def make_kernel(seed: int, spread: float, zeros: float) -> np.ndarray:
    """Weights of magnitudes that differ by about e^spread, a part of them 0."""
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(3, 3, 3, 3)) * np.exp(rng.uniform(-spread, spread, (3, 3, 3, 3)))
    kernel *= rng.random((3, 3, 3, 3)) >= zeros
    return kernel.astype(np.float32)


kernels = st.builds(make_kernel, st.integers(0, 2**32 - 1), st.floats(0, 8), st.sampled_from([0.0, 0.5, 0.95, 1.0]))
widths = st.sampled_from(sorted(LARGEST))


@given(kernels, widths)
@settings(max_examples=60, deadline=None)
def test_quantizing_again_gives_the_same_integers(kernel: np.ndarray, weights: str) -> None:
    once = quantize(kernel, weights)
    again = quantize(once.kernel, weights)
    assert np.array_equal(once.integers, again.integers)
    np.testing.assert_allclose(again.scales, once.scales, rtol=1e-6)


@given(kernels, widths)
@settings(max_examples=60, deadline=None)
def test_values_are_integers_times_scales_at_most_half_a_step_away(kernel: np.ndarray, weights: str) -> None:
    grid = quantize(kernel, weights)
    steps = grid.scales.astype(np.float64)[:, None, None, None]
    assert np.array_equal(grid.kernel, (grid.integers * steps).astype(np.float32))
    assert np.abs(grid.integers).max() <= LARGEST[weights]
    for integers, channel in zip(grid.integers, kernel, strict=True):
        assert np.abs(integers).max() == (LARGEST[weights] if channel.any() else 0)
    assert (np.abs(grid.kernel - kernel.astype(np.float64)) <= steps * 0.501).all()


def test_a_channel_of_zeros_stays_zero() -> None:
    kernel = np.zeros((3, 3, 3, 3), np.float32)
    kernel[1] = 2.0
    grid = quantize(kernel, "int8")
    assert grid.scales[0] == 1.0
    assert not grid.kernel[0].any()
    assert (grid.integers[1] == 127).all()


@pytest.mark.parametrize("weights", LARGEST)
def test_fake_quantization_gives_the_grid_and_passes_the_gradient(weights: str) -> None:
    kernel = torch.randn(3, 3, 3, 3, generator=torch.Generator().manual_seed(1), requires_grad=True)
    rounded = fake_quantize(kernel, weights)
    assert np.array_equal(rounded.detach().numpy(), quantize(kernel.detach().numpy(), weights).kernel)
    incoming = torch.randn(3, 3, 3, 3, generator=torch.Generator().manual_seed(2))
    rounded.backward(incoming)
    assert kernel.grad is not None
    assert torch.equal(kernel.grad, incoming)


def test_fake_levels_are_those_of_an_8_bit_frame_and_pass_the_gradient() -> None:
    frame = torch.linspace(0, 1, 1001, requires_grad=True)
    levels = fake_levels(frame)
    steps = levels.detach().double() * 255
    assert (steps - steps.round()).abs().max() < 1e-4
    assert len(steps.round().unique()) == 256
    assert (levels - frame).abs().max() <= 0.5 / 255 + 1e-6
    levels.sum().backward()
    assert frame.grad is not None
    assert (frame.grad == 1).all()
