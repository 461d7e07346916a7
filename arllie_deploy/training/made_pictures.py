"""Clean pictures, of which what a network sees and what it is to give are made anew at every draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.training.data import FrameStore, Planes, Sample, random_place

Frame = NDArray[Any]
#: (clean frame (h, w, 3) uint8 or uint16, source of all chance) -> what a network sees of it, (channels, h / scale,
#: w / scale), and what it is to give, (its channels, h, w), in [0, 1] but for noise.
Maker = Callable[[Frame, np.random.Generator], tuple[Planes, Planes]]


@dataclass(frozen=True)
class Made:
    """`Pictures` whose low and high frame are the same clean one, of which `planes` makes the two.

    Attributes:
        samples: clean pictures, each as the `low` of a sample.
        store: decodes them.
        maker: what makes them.
        multiple: sides that `maker` takes are multiples of it; held-out pictures are cut to that.
    """

    samples: Sequence[Sample]
    store: FrameStore
    maker: Maker
    multiple: int = 1

    def part(self, index: int, crop: int, rng: np.random.Generator) -> tuple[Frame, Frame]:
        """See `Pictures`; the clean square twice."""
        picture = self.store.get(self.samples[index].low)
        square = picture[random_place(rng, picture.shape[:2], crop)]
        return square, square

    def whole(self, index: int, rng: np.random.Generator) -> tuple[Frame, Frame]:
        """See `Pictures`; the clean picture twice."""
        del rng
        picture = self.store.get(self.samples[index].low)
        height, width = (side // self.multiple * self.multiple for side in picture.shape[:2])
        cut = picture[:height, :width]
        return cut, cut

    def planes(self, low: Frame, high: Frame, rng: np.random.Generator) -> tuple[Planes, Planes]:
        """See `Pictures`."""
        del high
        return self.maker(np.ascontiguousarray(low), rng)
