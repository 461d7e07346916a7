from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.native.bound import direct_bound, logistic_bound, plain_bound, residual_bound
from arllie_deploy.native.integer import IntegerModel
from arllie_deploy.native.logistic_form import LOGISTIC_FORMS
from arllie_deploy.native.oracle import epilogue


@pytest.mark.parametrize("name", LOGISTIC_FORMS)
@pytest.mark.parametrize("spread", [0.0, 6.0])
def test_every_value_and_byte_is_within_the_bound(
    name: str, spread: float, record_property: Callable[[str, object], None]
) -> None:
    """All 65,536 V times 256 x, by the definition of the epilogue and not by the bound's own formulas."""
    form = LOGISTIC_FORMS[name]
    model = _logistic_model(name)
    constants = {"epsilon": 1e-4}
    v = np.arange(-32768, 32768, dtype=np.int32)
    # Ends of the interval of u that rounds to V; what saturates stands for all u beyond.
    ends = (v - 0.5 - spread, v + 0.5 + spread)
    ends[0][0], ends[1][-1] = -1e9, 1e9
    worst_before, worst_bytes = 0.0, 0
    for x in range(256):
        byte = np.full_like(v, x)
        integer = epilogue(model, v, byte).astype(np.float64)
        for end in ends:
            unrounded = 255.0 * EPILOGUES[name].reference(byte / 255.0, end / form.unit + form.center, constants)
            worst_before = max(worst_before, float(np.abs(integer - unrounded).max()))
            worst_bytes = max(worst_bytes, int(np.abs(integer - np.floor(unrounded + 0.5)).max()))
    bound = logistic_bound(name, int(spread))
    record_property(f"{name}, V off by {spread:g}: bound in levels", round(bound, 4))
    assert bound <= 1.0
    assert worst_bytes == 1
    # The integers are rounded already: half a level more.
    assert worst_before <= bound + 0.5
    # The bound is no larger than what is seen, but for the rounding.
    assert worst_before >= bound - 0.5


@pytest.mark.parametrize("name", LOGISTIC_FORMS)
def test_a_larger_error_of_the_sums_never_gives_a_smaller_bound(name: str) -> None:
    bounds = [logistic_bound(name, spread) for spread in (0, 1, 3, 8, 20, 50)]
    assert bounds == sorted(bounds)
    assert bounds[-1] > 1.0


def test_the_clamp_at_epsilon_counts_where_it_can_be_reached() -> None:
    free = residual_bound(2.0, 1e-4, 7)
    assert residual_bound(2.0, 1e-300, 1) == free
    # An ε of 0.5 that were rounded to 0.49 would be off by levels.
    assert residual_bound(2.0, 0.5, round(0.49 * 65280)) > 2.0
    assert direct_bound(2.0, 0.5, 512) == direct_bound(2.0, 1e-300, 65280)
    assert direct_bound(2.0, 0.5, 520) > 2.0


def test_the_plain_bound_is_the_error_in_levels() -> None:
    assert plain_bound(512.0, 11) == pytest.approx(0.25, abs=1e-5)


def _logistic_model(name: str) -> IntegerModel:
    """With a shift of 4 the sums are V."""
    kernel: NDArray[np.int16] = np.zeros((3, 3, 3, 3), np.int16)
    limit = 7 if name == "residual" else 65280
    return IntegerModel("lines", name, 4, kernel, np.zeros(3, np.int32), limit, None, 1.0)
