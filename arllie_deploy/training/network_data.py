"""Training pictures of general networks: parts of enlarged whole frames, and full-resolution crops."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from arllie_deploy.frames import to_frame
from arllie_deploy.quality.srgb import to_encoded, to_linear
from arllie_deploy.training.data import FrameStore, Sample, random_place, to_planes, turned
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


@dataclass(frozen=True)
class Enlarged:
    """Pairs that were averaged down, enlarged by cubic interpolation; every draw has another size, light and noise."""

    samples: Sequence[Sample]
    store: FrameStore
    recipe: EnlargingRecipe

    def part(self, index: int, crop: int, rng: np.random.Generator) -> tuple[Frame, Frame]:
        """See `Pictures`."""
        low, high = Recorded(self.samples, self.store).whole(index, rng)
        scale = rng.uniform(self.recipe.least, self.recipe.most)
        side = min(math.ceil(crop / scale) + 2 * _MARGIN, *low.shape[:2])
        source = random_place(rng, low.shape[:2], side)
        size = max(crop, round(side * scale))
        place = random_place(rng, (size, size), crop)
        low, high = (enlarged(frame[source], (size, size))[place] for frame in (low, high))
        exposure = rng.uniform(-self.recipe.exposure_ev, self.recipe.exposure_ev)
        return self._recorded(low, exposure, rng), _rounded(high)

    def whole(self, index: int, rng: np.random.Generator) -> tuple[Frame, Frame]:
        """See `Pictures`; as large as frames become, with the recorded exposure."""
        low, high = Recorded(self.samples, self.store).whole(index, rng)
        height, width = (round(side * self.recipe.most) for side in low.shape[:2])
        return self._recorded(enlarged(low, (height, width)), 0.0, rng), _rounded(enlarged(high, (height, width)))

    def _recorded(self, low: NDArray[np.float32], exposure: float, rng: np.random.Generator) -> Frame:
        """Another exposure, noise, eight bits."""
        if exposure:
            low = to_encoded(np.clip(to_linear(np.clip(low, 0.0, 1.0)) * 2.0**exposure, 0.0, 1.0)).astype(np.float32)
        deviation = rng.uniform(self.recipe.least_noise, self.recipe.most_noise) / 255.0
        noise = rng.standard_normal(low.shape, np.float32) * np.asarray(NOISE_OF_CHANNELS, np.float32)
        return _rounded(low + np.float32(deviation) * noise)


@dataclass(frozen=True)
class NetworkBatch:
    """`low` and `high` (batch, 3, crop, crop) float32 in [0, 1], and the names of the pictures."""

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
        lows.append(turned(low, orientation))
        highs.append(turned(high, orientation))
    return NetworkBatch(tuple(names), to_planes(lows), to_planes(highs))


def enlarged(frame: Frame, size: tuple[int, int]) -> NDArray[np.float32]:
    """An integer frame in another size (height, width) by cubic interpolation, not clipped."""
    planes = torch.from_numpy(to_planes([frame]))
    if frame.shape[:2] != size:
        planes = functional.interpolate(planes, size=size, mode="bicubic", antialias=True)
    return np.moveaxis(planes[0].numpy(), 0, 2)


def _rounded(frame: NDArray[np.float32]) -> Frame:
    result: Frame = to_frame(np.clip(frame, 0.0, 1.0), np.uint8)
    return result
