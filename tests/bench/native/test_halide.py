"""The comparison with a generated pass, which is run where somebody installed Halide."""

from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from arllie_deploy.bench.native import halide
from arllie_deploy.models import find_fixed_model
from arllie_deploy.native.integer import LARGEST_WEIGHT, quantize
from arllie_deploy.native.oracle import enhance


@given(arrays(np.int16, (3, 3, 3, 3), elements=st.integers(-LARGEST_WEIGHT, LARGEST_WEIGHT)))
def test_a_weight_is_256_times_its_high_half_and_its_low_half(kernel: NDArray[np.int16]) -> None:
    halves = halide.split_weights(kernel).astype(np.int32)
    assert np.array_equal(256 * halves[:, 1, :, :, :3] + halves[:, 0, :, :, :3], kernel)
    assert not halves[..., 3].any()


@pytest.mark.skipif(find_spec("halide") is not None, reason="halide is installed here")
def test_without_halide_it_says_what_to_install(capsys: pytest.CaptureFixture[str]) -> None:
    assert halide.main([]) == 2
    assert capsys.readouterr().err == "error: halide is not installed: pip install halide\n"


@pytest.mark.skipif(find_spec("halide") is None, reason="halide is not installed; only the comparison needs it")
def test_the_generated_pass_has_the_same_integers() -> None:
    model = quantize(find_fixed_model("arllie-plain-lol"))
    frame = np.random.default_rng(0).integers(0, 256, (67, 251, 3), np.uint8)
    target = np.zeros_like(frame)
    halide.HalidePass(model, 0.0, frame).run(frame, target)
    assert np.array_equal(target, enhance(model, frame))
