"""Low frames made of high ones: a random way to darken each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arllie_deploy.quality.sensor import Darkening, Sensor
from arllie_deploy.training.recipe_table import check_range


@dataclass(frozen=True)
class Darkenings:
    """High frames darkened by `quality.sensor` instead of the low ones.

    Attributes:
        share: of the pictures.
        lowest_ev: the least exposure, in stops.
        highest_ev: the greatest one.
        white_balance_ev: red and blue are off by up to so many stops.
        least_shot: of the shot noise, log-uniform up to `most_shot`.
        most_shot: as above.
        least_read: of the read noise, log-uniform up to `most_read`.
        most_read: as above.
    """

    share: float = 0.0
    lowest_ev: float = -6.0
    highest_ev: float = 0.0
    white_balance_ev: float = 0.5
    least_shot: float = 3e-5
    most_shot: float = 1e-3
    least_read: float = 1e-4
    most_read: float = 2e-3

    def __post_init__(self) -> None:
        check_range("darkening.share", self.share, 0.0, 0.9)
        check_range("darkening.highest_ev", self.highest_ev, -12.0, 0.0)
        check_range("darkening.lowest_ev", self.lowest_ev, -12.0, self.highest_ev)
        check_range("darkening.white_balance_ev", self.white_balance_ev, 0.0, 3.0)
        check_range("darkening.most_shot", self.most_shot, 1e-9, 1.0)
        check_range("darkening.least_shot", self.least_shot, 1e-9, self.most_shot)
        check_range("darkening.most_read", self.most_read, 1e-9, 1.0)
        check_range("darkening.least_read", self.least_read, 1e-9, self.most_read)

    def draw(self, rng: np.random.Generator, kept: float = 1.0) -> Darkening:
        """One of them.

        Args:
            rng: decides.
            kept: of the noise's standard deviation: 1/n where the frame is a mean of n × n pixels.
        """
        red, blue = 2.0 ** rng.uniform(-self.white_balance_ev, self.white_balance_ev, 2)
        shot = 10.0 ** rng.uniform(np.log10(self.least_shot), np.log10(self.most_shot))
        read = 10.0 ** rng.uniform(np.log10(self.least_read), np.log10(self.most_read))
        sensor = Sensor(shot * kept**2, read * kept)
        return Darkening(rng.uniform(self.lowest_ev, self.highest_ev), (red, 1.0, blue), sensor)
