import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy import ArllieError
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.native.integer_curve import fit_curve

UNIT = 255.0 * 2**13


@given(
    gain=st.floats(0.01, 15.9),
    knee=st.floats(0.001, 15.9),
    unit=st.floats(255 * 2.0**4, 255 * 2.0**15),
    reach=st.floats(-1.0, 60.0),
)
def test_numbers_fit_their_fields_and_the_divisor_sixteen_bits(
    gain: float, knee: float, unit: float, reach: float
) -> None:
    curve = fit_curve("drawn", gain, knee, unit, reach * unit)
    assert 0 <= curve.shift <= 24
    assert 0 <= curve.whole <= 65535
    assert 0 <= curve.fraction <= 65535
    assert 1 <= curve.offset <= 65535
    u = np.arange(curve.top + 1, dtype=np.uint64)
    divisor = u * np.uint64(curve.whole) + (u * np.uint64(curve.fraction) >> np.uint64(16)) + np.uint64(curve.offset)
    assert divisor.max() <= 65535


@given(
    gain=st.floats(0.3, 8.0),
    knee=st.floats(0.02, 8.0),
    reach=st.floats(0.2, 30.0),
    unit=st.floats(255 * 2.0**10, 255 * 2.0**15),
    spread=st.floats(0.0, 40.0),
)
def test_no_state_is_further_from_the_curve_than_either_bound(
    gain: float, knee: float, reach: float, unit: float, spread: float
) -> None:
    """By the definition of the epilogue at both ends of the u that give a state."""
    curve = fit_curve("drawn", gain, knee, unit, reach * unit)
    u = np.arange(curve.top + 1.0)
    divisor = u * curve.whole + np.floor(u * curve.fraction / 65536) + curve.offset
    result = np.floor(np.minimum(255.0, 256 * u / divisor) * 4096) / 4096
    worst = 0.0
    for side in (-0.5 - spread, 0.5 + spread):
        exact = 255.0 * EPILOGUES["curve"].reference(u, (u + side) / curve.unit, {"gain": gain, "knee": knee})
        worst = max(worst, float(np.abs(exact - result).max()))
    bound = curve.bound(gain, knee, spread)
    assert worst <= bound + 1 / 4096
    if bound > 1.0:
        # It looked at every state: no larger than what is seen.
        assert worst >= bound - 1.0 / 1024


def test_the_unit_is_the_finest_that_reaches_white() -> None:
    """a = 1.5, k = 0.5: white at u = 1."""
    curve = fit_curve("white", 1.5, 0.5, UNIT, 8.0 * UNIT)
    assert curve.top == 65535
    # One step of the shift finer, and white would be above what 16 bits hold.
    assert curve.unit * 1.0 <= 65535 < 2 * curve.unit * 1.0 + 256


def test_a_curve_that_never_reaches_white_covers_every_sum() -> None:
    curve = fit_curve("dim", 0.9, 0.5, UNIT, 8.0 * UNIT)
    assert 8.0 * curve.unit <= curve.top < 65535


def test_a_frame_that_gives_negative_sums_only_is_black() -> None:
    curve = fit_curve("black", 1.5, 0.5, UNIT, -1000.0)
    assert curve.top <= 1
    assert curve.bound(1.5, 0.5, 0.0) < 1.0


@pytest.mark.parametrize("gain", [1e-300, 1e-9])
def test_a_gain_of_nothing_is_refused(gain: float) -> None:
    with pytest.raises(ArllieError, match=r"nothing: a curve with a gain of .* has no integer form, use floats"):
        fit_curve("nothing", gain, 0.5, UNIT, 1e6)
