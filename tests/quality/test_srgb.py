import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy.quality.srgb import to_encoded, to_linear


@given(st.floats(0.0, 1.0))
def test_the_two_directions_undo_each_other(value: float) -> None:
    # The standard's printed constants meet at the knee only to about 1e-8 of light.
    assert to_encoded(to_linear(np.array(value))) == pytest.approx(value, abs=1e-6)
    assert to_linear(to_encoded(np.array(value))) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(
    ("encoded", "linear"),
    # Worked by hand from IEC 61966-2-1; 0.2140 is the known light of middle gray on a screen.
    [(0.0, 0.0), (1.0, 1.0), (0.04045, 0.04045 / 12.92), (0.02, 0.02 / 12.92), (0.5, 0.21404114)],
)
def test_known_values(encoded: float, linear: float) -> None:
    assert to_linear(np.array([encoded]))[0] == pytest.approx(linear, abs=1e-8)
    assert to_encoded(np.array([linear]))[0] == pytest.approx(encoded, abs=1e-6)


def test_both_directions_rise_everywhere_and_keep_the_shape() -> None:
    values = np.linspace(0, 1, 65536).reshape(256, 128, 2)
    for curve in (to_linear, to_encoded):
        result = curve(values)
        assert result.shape == values.shape
        assert result.dtype == np.float64
        assert (np.diff(result.ravel()) > 0).all()
