"""Low light as a camera would have recorded it: less exposure, another illuminant, sensor noise, eight bits.

The steps are taken in linear light, in this order: exposure and illuminant scale the signal, the sensor adds its noise
to what is left of it, saturation and black clip it, and the sRGB curve and rounding make it a frame again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import check_frame, check_tensor, to_frame, to_unit
from arllie_deploy.quality.srgb import to_encoded, to_linear

Seed = int | Sequence[int]

# Below one 65,536th nothing is left of the brightest value that a frame can hold.
_MOST_STOPS = 16.0


@dataclass(frozen=True)
class Sensor:
    """Poisson-Gaussian noise (Foi, Trimeche, Katkovnik, Egiazarian, IEEE TIP 17(10), 2008): variance = shot·x + read².

    x is linear light in units of saturation, [0, 1], after exposure.

    Attributes:
        shot: the variance of photon noise per unit of signal, a in the paper; ≥ 0, 0 is none.
        read: the standard deviation of the noise without light, √b in the paper; ≥ 0, 0 is none.

    Raises:
        ArllieError: on a negative number or one that is not finite.
    """

    shot: float
    read: float

    def __post_init__(self) -> None:
        for name, value in (("shot", self.shot), ("read", self.read)):
            if not (math.isfinite(value) and value >= 0.0):
                raise ArllieError(f"{name} noise is {value!r}; give a number from 0 (none)")

    @classmethod
    def of_electrons(cls, full_well: float, read_noise: float, gain: float = 1.0) -> Sensor:
        """The noise of a sensor as its data sheet describes it.

        At gain g the frame saturates at full_well / g electrons, so that a signal x is x·full_well/g of them. Their
        count is Poisson: the variance of x is x·g/full_well. Read noise does not depend on the signal.

        Args:
            full_well: electrons that a pixel holds, > 0.
            read_noise: standard deviation of the noise of reading, in electrons, ≥ 0.
            gain: ISO over the sensor's base ISO, > 0.

        Raises:
            ArllieError: on a number out of range.
        """
        for name, value in (("full well", full_well), ("gain", gain)):
            if not (math.isfinite(value) and value > 0.0):
                raise ArllieError(f"{name} is {value!r}; give a number above 0")
        return cls(shot=gain / full_well, read=read_noise * gain / full_well)

    def variance(self, x: NDArray[np.floating]) -> NDArray[np.float64]:
        """The variance of the noise on a signal x ≥ 0, before anything is clipped."""
        return self.shot * np.asarray(x, np.float64) + self.read**2

    def expose(self, x: NDArray[np.floating], rng: np.random.Generator) -> NDArray[np.float64]:
        """A noisy reading of the signal x ≥ 0, not clipped; its mean is x."""
        signal: NDArray[np.float64] = np.asarray(x, np.float64)
        if self.shot > 0.0:
            signal = rng.poisson(signal / self.shot).astype(np.float64) * self.shot
        if self.read > 0.0:
            signal = signal + rng.normal(0.0, self.read, signal.shape)
        return signal


NOISELESS = Sensor(shot=0.0, read=0.0)
# A pixel of about one micrometer, as in telephones and small cameras, at four times its base ISO.
PHONE = Sensor.of_electrons(full_well=6000.0, read_noise=2.0, gain=4.0)


@dataclass(frozen=True)
class Darkening:
    """One way to take a picture in low light.

    Attributes:
        ev: exposure in stops against the well-lit frame: linear light is multiplied by 2^ev; −16 to 16.
        white_balance: gains of red, green and blue in linear light, > 0: an illuminant that the camera did not correct.
        sensor: the noise.

    Raises:
        ArllieError: on a value out of range.
    """

    ev: float
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    sensor: Sensor = NOISELESS

    def __post_init__(self) -> None:
        if not abs(self.ev) <= _MOST_STOPS:
            raise ArllieError(f"exposure is {self.ev!r} EV; give −{_MOST_STOPS:g} to {_MOST_STOPS:g}")
        if len(self.white_balance) != 3 or not all(math.isfinite(gain) and gain > 0.0 for gain in self.white_balance):
            raise ArllieError(f"white balance is {self.white_balance!r}; give three gains above 0")


def darken(frame: NDArray[Any], darkening: Darkening, seed: Seed) -> NDArray[np.uint8]:
    """The frame as a camera would have recorded it in low light.

    Args:
        frame: (height, width, 3) uint8 or uint16, sRGB, well lit.
        darkening: exposure, illuminant and noise.
        seed: of the noise; the same seed gives the same frame.

    Returns:
        (height, width, 3) uint8, sRGB.

    Raises:
        ArllieError: on another shape or dtype.
    """
    check_frame(frame)
    return record(to_linear(to_unit(frame)), darkening, seed)


def record(light: NDArray[np.floating], darkening: Darkening, seed: Seed) -> NDArray[np.uint8]:
    """`darken` for a picture that is already linear light.

    Args:
        light: (height, width, 3), ≥ 0, 1 is saturation of the well-lit frame.
        darkening: exposure, illuminant and noise.
        seed: of the noise.

    Returns:
        (height, width, 3) uint8, sRGB.

    Raises:
        ArllieError: on another shape.
    """
    check_tensor(light)
    signal = light * (2.0**darkening.ev * np.asarray(darkening.white_balance))
    reading = darkening.sensor.expose(signal, np.random.default_rng(seed))
    frame: NDArray[np.uint8] = to_frame(to_encoded(np.clip(reading, 0.0, 1.0)), np.uint8)
    return frame
