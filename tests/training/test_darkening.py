import numpy as np
import pytest

from arllie_deploy import ArllieError
from arllie_deploy.training.darkening import Darkenings


def test_a_darkening_stays_within_what_the_recipe_says() -> None:
    recipe = Darkenings(lowest_ev=-4.0, highest_ev=-2.0, white_balance_ev=0.25)
    drawn = [recipe.draw(np.random.default_rng(seed)) for seed in range(200)]
    assert -4.0 <= min(one.ev for one in drawn) < -3.8
    assert -2.2 < max(one.ev for one in drawn) <= -2.0
    gains = np.log2([one.white_balance for one in drawn])
    assert np.abs(gains[:, [0, 2]]).max() <= 0.25
    assert np.all(gains[:, 1] == 0.0)
    assert all(3e-5 <= one.sensor.shot <= 1e-3 for one in drawn)
    assert all(1e-4 <= one.sensor.read <= 2e-3 for one in drawn)


def test_a_mean_of_pixels_has_less_noise() -> None:
    whole, mean = (Darkenings().draw(np.random.default_rng(1), kept) for kept in (1.0, 0.25))
    signal = np.array([0.0, 0.1, 0.5])
    np.testing.assert_allclose(mean.sensor.variance(signal), whole.sensor.variance(signal) / 16)
    assert (mean.ev, mean.white_balance) == (whole.ev, whole.white_balance)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"share": 1.0}, "darkening.share is 1.0, expected 0.0 to 0.9"),
        ({"lowest_ev": -1.0, "highest_ev": -2.0}, "darkening.lowest_ev is -1.0, expected -12.0 to -2.0"),
    ],
)
def test_what_is_out_of_range_is_refused(given: dict[str, float], message: str) -> None:
    with pytest.raises(ArllieError, match=message):
        Darkenings(**given)
