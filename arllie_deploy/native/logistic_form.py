"""The two epilogues that contain a logistic function, and the integer map that a table of 64 lines stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.epilogues.logistic import logistic

Float64 = NDArray[np.float64]
SEGMENTS = 64
# V counts steps of 1 / (UNIT · gain) of u and is saturated to int16.
UNIT = 4080
# The integers of an illumination of 1: 255 · 256, so that a level is 256.
WHOLE = 65280
# R counts 256ths of a factor, which is never above 255.
FACTOR = 256


@dataclass(frozen=True)
class LogisticForm:
    """What the integer form of an epilogue reads from its table.

    Attributes:
        name: the epilogue's.
        center: the u that V = 0 stands for.
        gain: kernel and bias are multiplied by it, so that V covers just the u that matter: 32768 / (4080 · gain) to
            both sides of the center.
        target: u -> the real number that the table stands for.
        sensitivity: value of the table -> the largest |d level / d value| over all x.
    """

    name: str
    center: float
    gain: float
    target: Callable[[Float64], Float64]
    sensitivity: Callable[[Float64], Float64]

    @property
    def unit(self) -> float:
        """Steps of V for 1 of u."""
        return UNIT * self.gain


def _illumination(u: Float64) -> Float64:
    return WHOLE * logistic(u)


def _illumination_sensitivity(value: Float64) -> Float64:
    x = np.arange(1.0, 256.0)
    sums = 256 * x + value[..., None]
    slopes = np.where(sums <= WHOLE, WHOLE * x / sums**2, 0.0)
    return np.asarray(slopes.max(-1), np.float64)


def _factor(u: Float64) -> Float64:
    # 1 / σ(u) = 1 + exp(−u); a larger factor than 255 makes white of everything but black.
    return np.minimum(FACTOR * (1.0 + np.exp(np.minimum(-u, 10.0))), float(WHOLE))


def _factor_sensitivity(value: Float64) -> Float64:
    return np.minimum(255.0, WHOLE / value) / FACTOR


LOGISTIC_FORMS: Mapping[str, LogisticForm] = MappingProxyType(
    {
        "residual": LogisticForm("residual", -3.5, 1.0, _illumination, _illumination_sensitivity),
        "direct": LogisticForm("direct", 0.196, 1.4, _factor, _factor_sensitivity),
    }
)
