import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.picture_files import random_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.sensor import NOISELESS, PHONE, Darkening, Sensor, darken, record

GRAY = np.full((64, 64, 3), 160, np.uint8)
STOPS = st.floats(-7.0, 0.0)


@given(st.integers(0, 2**32 - 1), STOPS, STOPS)
def test_less_exposure_is_nowhere_brighter(seed: int, one: float, other: float) -> None:
    frame = random_pixels(6, 7, seed=seed)
    dark, light = (darken(frame, Darkening(ev), seed=0) for ev in sorted((one, other)))
    assert (dark <= light).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_no_stop_and_no_noise_is_the_frame_itself(dtype: type) -> None:
    frame = random_pixels(40, 40, dtype)
    same = darken(frame, Darkening(0.0), seed=0)
    assert same.dtype == np.uint8
    levels = frame / (np.iinfo(dtype).max / 255)
    assert np.abs(same - levels).max() <= (0 if dtype is np.uint8 else 0.51)


def test_one_stop_halves_the_light() -> None:
    # 188 is the level of light 0.5 and 137 that of 0.25 (IEC 61966-2-1).
    frame = np.full((1, 1, 3), 188, np.uint8)
    assert darken(frame, Darkening(-1.0), seed=0).ravel().tolist() == [137, 137, 137]


@pytest.mark.parametrize("signal", [0.0, 0.01, 0.1, 0.5])
@pytest.mark.parametrize("sensor", [PHONE, Sensor(0.01, 0.0), Sensor(0.0, 0.02), Sensor(0.002, 0.01)])
def test_the_noise_has_the_variance_of_the_law_and_no_bias(sensor: Sensor, signal: float) -> None:
    count = 200_000
    reading = sensor.expose(np.full(count, signal), np.random.default_rng(1))
    variance = sensor.shot * signal + sensor.read**2
    assert sensor.variance(np.array([signal])) == pytest.approx([variance])
    # Five standard errors of a mean and of a variance; counts of few photons are heavier-tailed than a Gaussian.
    tails = 3 + (sensor.shot / signal if signal else 0.0)
    assert abs(reading.mean() - signal) <= 5 * math.sqrt(variance / count) + 1e-12
    assert abs(reading.var() - variance) <= 5 * variance * math.sqrt((tails - 1) / count) + 1e-12


def test_the_recorded_frame_has_the_noise_of_the_light_that_is_left() -> None:
    # Far from black and white the curve is straight over the noise, so its slope carries the deviation over.
    light, ev = np.full((300, 300, 3), 0.8), -1.0
    sensor = Sensor(shot=4e-4, read=1e-3)
    frame = record(light, Darkening(ev, sensor=sensor), seed=3) / 255
    slope = (1.055 / 2.4) * 0.4 ** (1 / 2.4 - 1)
    rounding = 1 / 255**2 / 12
    expected = math.sqrt(slope**2 * (sensor.shot * 0.4 + sensor.read**2) + rounding)
    assert frame.std() == pytest.approx(expected, rel=0.02)


def test_more_stops_leave_a_worse_ratio_of_signal_to_noise() -> None:
    signals = np.exp2(np.arange(-7.0, 1.0))
    ratios = signals / np.sqrt(PHONE.variance(signals))
    assert (np.diff(ratios) > 0).all()


def test_white_balance_moves_each_channel_its_own_way() -> None:
    warm = darken(GRAY, Darkening(-2.0, (1.4, 1.0, 0.7)), seed=0)
    plain = darken(GRAY, Darkening(-2.0), seed=0)
    assert (warm[..., 0] > plain[..., 0]).all()
    assert (warm[..., 1] == plain[..., 1]).all()
    assert (warm[..., 2] < plain[..., 2]).all()


def test_the_seed_decides_the_noise_and_nothing_else_does() -> None:
    darkening = Darkening(-3.0, sensor=PHONE)
    first = darken(GRAY, darkening, seed=5)
    assert (first == darken(GRAY.copy(), darkening, seed=5)).all()
    assert (first == darken(GRAY, darkening, seed=[5])).all()
    assert (first != darken(GRAY, darkening, seed=6)).any()
    quiet = Darkening(-3.0, sensor=NOISELESS)
    assert (darken(GRAY, quiet, seed=5) == darken(GRAY, quiet, seed=6)).all()


def test_a_data_sheet_gives_the_two_numbers_of_the_law() -> None:
    sensor = Sensor.of_electrons(full_well=6000, read_noise=2.0, gain=4.0)
    # At this gain 1500 electrons saturate: half of them are 750 with a deviation of √750 and the read noise of two.
    assert sensor.variance(np.array([0.5]))[0] * 1500**2 == pytest.approx(750 + 2.0**2)
    assert sensor == PHONE


def test_light_beyond_saturation_is_white() -> None:
    assert (record(np.full((2, 2, 3), 9.0), Darkening(0.0, sensor=PHONE), seed=0) == 255).all()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Sensor(-1.0, 0.0), "shot noise is -1.0"),
        (lambda: Sensor(0.0, math.nan), "read noise is nan"),
        (lambda: Sensor.of_electrons(0.0, 1.0), "full well is 0.0"),
        (lambda: Sensor.of_electrons(6000.0, 1.0, math.inf), "gain is inf"),
        (lambda: Darkening(math.nan), "exposure is nan EV"),
        (lambda: Darkening(-17.0), "exposure is -17.0 EV"),
        (lambda: Darkening(0.0, (1.0, 0.0, 1.0)), "three gains above 0"),
        (lambda: darken(np.zeros((4, 4), np.uint8), Darkening(0.0), 0), "a frame has shape"),
        (lambda: darken(np.zeros((4, 4, 3)), Darkening(0.0), 0), "a frame is uint8 or uint16"),
        (lambda: record(np.zeros((4, 4)), Darkening(0.0), 0), "a frame has shape"),
    ],
)
def test_what_cannot_be_is_refused(make: object, says: str) -> None:
    assert callable(make)
    with pytest.raises(ArllieError, match=says):
        make()
