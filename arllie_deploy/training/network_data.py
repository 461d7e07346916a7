"""Training pictures of general networks: parts of enlarged whole frames, and full-resolution crops."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from arllie_deploy.frames import to_frame
from arllie_deploy.quality.sensor import darken
from arllie_deploy.quality.srgb import to_encoded, to_linear
from arllie_deploy.training.darkening import Darkenings
from arllie_deploy.training.data import FrameStore, Planes, Sample, random_place, to_planes, turned
from arllie_deploy.training.network_recipe import EnlargingRecipe

Frame = NDArray[Any]
# Red, green and blue against their mean. Measured on flat parts of LOL's dark frames at full resolution: white noise of
# 2.0, 1.1 and 1.5 levels, which hardly depends on the signal there.
NOISE_OF_CHANNELS = (1.3, 0.75, 0.95)
# Around a part that is enlarged, for the four taps of the interpolation.
_MARGIN = 2


class Pictures(Protocol):
    """Pictures of one kind."""

    @property
    def samples(self) -> Sequence[Sample]:
        """The pictures."""

    def part(self, index: int, crop: int, rng: np.random.Generator) -> tuple[Frame, Frame]:
        """The low and the high frame of a random square."""

    def whole(self, index: int, rng: np.random.Generator) -> tuple[Frame, Frame]:
        """The low and the high frame; `rng` makes the noise, where it is made."""

    def planes(self, low: Frame, high: Frame, rng: np.random.Generator) -> tuple[Planes, Planes]:
        """What a network sees of them, (channels, height / scale, width / scale), and what it is to give."""


@dataclass(frozen=True)
class Recorded:
    """Pairs as a camera recorded them."""

    samples: Sequence[Sample]
    store: FrameStore

    def part(self, index: int, crop: int, rng: np.random.Generator) -> tuple[Frame, Frame]:
        """See `Pictures`."""
        low, high = self.whole(index, rng)
        place = random_place(rng, low.shape[:2], crop)
        return low[place], high[place]

    def whole(self, index: int, rng: np.random.Generator) -> tuple[Frame, Frame]:
        """See `Pictures`."""
        sample = self.samples[index]
        assert sample.high is not None
        return self.store.get(sample.low), self.store.get(sample.high)

    def planes(self, low: Frame, high: Frame, rng: np.random.Generator) -> tuple[Planes, Planes]:
        """See `Pictures`: as they are."""
        del rng
        return to_planes([low])[0], to_planes([high])[0]


@dataclass(frozen=True)
class Enlarged:
    """Pairs that were averaged down, enlarged by cubic interpolation; every draw has another size, light and noise."""

    samples: Sequence[Sample]
    store: FrameStore
    recipe: EnlargingRecipe
    darkening: Darkenings = field(default_factory=Darkenings)

    def part(self, index: int, crop: int, rng: np.random.Generator) -> tuple[Frame, Frame]:
        """See `Pictures`."""
        low, high = Recorded(self.samples, self.store).whole(index, rng)
        scale = rng.uniform(self.recipe.least, self.recipe.most)
        side = min(math.ceil(crop / scale) + 2 * _MARGIN, *low.shape[:2])
        source = random_place(rng, low.shape[:2], side)
        size = max(crop, round(side * scale))
        place = random_place(rng, (size, size), crop)
        low, high = (resized(frame[source], (size, size))[place] for frame in (low, high))
        return self._drawn(low, high, scale, rng)

    def whole(self, index: int, rng: np.random.Generator) -> tuple[Frame, Frame]:
        """See `Pictures`; as large as frames become, with the recorded exposure."""
        low, high = self._whole(index, self.recipe.most)
        return self._recorded(low, 0.0, self.recipe.most, rng), _rounded(high)

    def at(self, index: int, enlargement: float, rng: np.random.Generator) -> tuple[Frame, Frame]:
        """The whole low and high frame, so much larger."""
        return self._drawn(*self._whole(index, enlargement), enlargement, rng)

    def planes(self, low: Frame, high: Frame, rng: np.random.Generator) -> tuple[Planes, Planes]:
        """See `Pictures`: as they are."""
        return Recorded(self.samples, self.store).planes(low, high, rng)

    def _whole(self, index: int, enlargement: float) -> tuple[Planes, Planes]:
        sample = self.samples[index]
        assert sample.high is not None
        low, high = self.store.get(sample.low), self.store.get(sample.high)
        height, width = (round(side * enlargement) for side in low.shape[:2])
        return resized(low, (height, width)), resized(high, (height, width))

    def _drawn(self, low: Planes, high: Planes, enlargement: float, rng: np.random.Generator) -> tuple[Frame, Frame]:
        """Both as integers; the low frame is the recorded one, or the other, darkened."""
        wanted = _rounded(high)
        if self.darkening.share and rng.random() < self.darkening.share:
            darkening = self.darkening.draw(rng, self._kept(enlargement))
            return darken(wanted, darkening, int(rng.integers(2**32))), wanted
        exposure = float(rng.uniform(-self.recipe.exposure_ev, self.recipe.exposure_ev))
        return self._recorded(low, exposure, enlargement, rng), wanted

    def _kept(self, enlargement: float) -> float:
        """Of the noise: the mean of n × n pixels has an n-th of it."""
        return enlargement / self.recipe.most

    def _recorded(self, low: Planes, exposure: float, enlargement: float, rng: np.random.Generator) -> Frame:
        """Another exposure, noise, eight bits."""
        if exposure:
            low = to_encoded(np.clip(to_linear(np.clip(low, 0.0, 1.0)) * 2.0**exposure, 0.0, 1.0)).astype(np.float32)
        deviation = rng.uniform(self.recipe.least_noise, self.recipe.most_noise) / 255.0 * self._kept(enlargement)
        noise = rng.standard_normal(low.shape, np.float32) * np.asarray(NOISE_OF_CHANNELS, np.float32)
        return _rounded(low + np.float32(deviation) * noise)


@dataclass(frozen=True)
class NetworkBatch:
    """`low` (batch, channels, crop / scale, crop / scale) and `high` (batch, its channels, crop, crop), float32.

    `names` are those of the pictures.
    """

    names: tuple[str, ...]
    low: NDArray[np.float32]
    high: NDArray[np.float32]


def draw_network_batch(kind: Pictures, size: int, *, seed: int, step: int, crop: int) -> NetworkBatch:
    """The batch of one step, `size` pictures of a kind; a pure function of (seed, step)."""
    rng = np.random.default_rng([seed, step])
    names, lows, highs = [], [], []
    for index in rng.integers(len(kind.samples), size=size):
        low, high = kind.part(index, crop, rng)
        orientation = int(rng.integers(8))
        names.append(kind.samples[index].name)
        seen, wanted = kind.planes(turned(low, orientation), turned(high, orientation), rng)
        lows.append(seen)
        highs.append(wanted)
    return NetworkBatch(tuple(names), np.stack(lows), np.stack(highs))


def resized(frame: Frame, size: tuple[int, int]) -> NDArray[np.float32]:
    """An integer frame in another size (height, width) by cubic interpolation, not clipped."""
    planes = torch.from_numpy(to_planes([frame]))
    if frame.shape[:2] != size:
        planes = functional.interpolate(planes, size=size, mode="bicubic", antialias=True)
    return np.moveaxis(planes[0].numpy(), 0, 2)


def _rounded(frame: NDArray[np.float32]) -> Frame:
    result: Frame = to_frame(np.clip(frame, 0.0, 1.0), np.uint8)
    return result
