"""Training pictures of the adaptive model: crops, each with the statistics of the whole frame that it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.sensor import darken
from arllie_deploy.statistics import frame_statistics
from arllie_deploy.training.adaptive_recipe import DarkeningRecipe
from arllie_deploy.training.data import FrameStore, Sample, random_place, to_planes, turned

Frame = NDArray[Any]
Float64 = NDArray[np.float64]


class Pool(Protocol):
    """Pictures of one kind."""

    @property
    def samples(self) -> Sequence[Sample]:
        """The pictures."""

    @property
    def statistics(self) -> Float64:
        """(pictures, 23), of the whole frame that each picture shows."""

    def size(self, index: int) -> tuple[int, int]:
        """Height and width of a picture."""

    def pair(self, index: int, place: tuple[slice, slice], seed: Sequence[int]) -> tuple[Frame, Frame]:
        """The low and the high frame there; `seed` is that of the noise, where it is made."""


class Recorded:
    """Pairs as a camera recorded them.

    Args:
        samples: pairs.
        whole: name -> statistics of the whole frame that the sample of this name shows.
        store: decodes them.
    """

    def __init__(self, samples: Sequence[Sample], whole: Mapping[str, Float64], store: FrameStore) -> None:
        self.samples = samples
        self.statistics = np.array([whole[sample.name] for sample in samples])
        self._store = store

    def size(self, index: int) -> tuple[int, int]:
        """See `Pool`."""
        height, width, _ = self._store.get(self.samples[index].low).shape
        return height, width

    def pair(self, index: int, place: tuple[slice, slice], seed: Sequence[int]) -> tuple[Frame, Frame]:
        """See `Pool`."""
        sample = self.samples[index]
        assert sample.high is not None
        return self._store.get(sample.low)[place], self._store.get(sample.high)[place]


class Darkened:
    """High frames, darkened in linear light; the noise of every draw is new.

    Args:
        samples: pairs, of which only the high frame is used; each appears `recipe.copies` times.
        recipe: how much darker, under which light.
        seed: of the exposures, lights and sensors.
        store: decodes them.
    """

    def __init__(self, samples: Sequence[Sample], recipe: DarkeningRecipe, seed: int, store: FrameStore) -> None:
        self.samples = tuple(sample for _ in range(recipe.copies) for sample in samples)
        self._darkenings = [recipe.draw(np.random.default_rng([seed, index])) for index in range(len(self.samples))]
        self._store = store
        everywhere = (slice(None), slice(None))
        lows = (self.pair(index, everywhere, (seed, index))[0] for index in range(len(self.samples)))
        self.statistics = np.array([frame_statistics(low) for low in lows])

    def size(self, index: int) -> tuple[int, int]:
        """See `Pool`."""
        height, width, _ = self._store.get(self.samples[index].low).shape
        return height, width

    def pair(self, index: int, place: tuple[slice, slice], seed: Sequence[int]) -> tuple[Frame, Frame]:
        """See `Pool`."""
        sample = self.samples[index]
        assert sample.high is not None
        high = self._store.get(sample.high)[place]
        return darken(high, self._darkenings[index], seed), high


@dataclass(frozen=True)
class AdaptiveBatch:
    """`statistics` (batch, 23), `low` and `high` (batch, 3, crop, crop), all float32; the names of the pictures."""

    names: tuple[str, ...]
    statistics: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]


def whole_frame_statistics(samples: Sequence[Sample], store: FrameStore) -> dict[str, Float64]:
    """Name -> statistics of the low frame."""
    return {sample.name: frame_statistics(store.get(sample.low)) for sample in samples}


def crops_of(crops: Sequence[Sample], samples: Sequence[Sample]) -> tuple[Sample, ...]:
    """The crops that show one of `samples`, found by name.

    Raises:
        ArllieError: if there are none.
    """
    names = {sample.name for sample in samples}
    found = tuple(crop for crop in crops if crop.name in names)
    if not found:
        raise ArllieError("no crop has the name of a training picture; crops are found by the names of whole frames")
    return found


def draw_adaptive_batch(pools: Sequence[tuple[Pool, int]], *, seed: int, step: int, crop: int) -> AdaptiveBatch:
    """The batch of one step, so many pictures of each pool; a pure function of (seed, step)."""
    rng = np.random.default_rng([seed, step])
    names, statistics, lows, highs = [], [], [], []
    for number, (pool, count) in enumerate(pools):
        for position, index in enumerate(rng.integers(len(pool.samples), size=count)):
            sample = pool.samples[index]
            place, orientation = random_place(rng, pool.size(index), crop), int(rng.integers(8))
            low, high = pool.pair(index, place, (seed, step, number, position))
            names.append(sample.name)
            statistics.append(pool.statistics[index])
            lows.append(turned(low, orientation))
            highs.append(turned(high, orientation))
    return AdaptiveBatch(tuple(names), np.array(statistics, np.float32), to_planes(lows), to_planes(highs))


def whole_pairs(pool: Pool, seed: int) -> Iterator[tuple[Float64, Frame, Frame]]:
    """Statistics, low and high frame of every picture of a pool, uncut, the same at every call."""
    everywhere = (slice(None), slice(None))
    for index in range(len(pool.samples)):
        yield pool.statistics[index], *pool.pair(index, everywhere, (seed, index))
