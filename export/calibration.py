"""What an integer form is made for: frames, and the ranges that a graph's values take on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.evaluate import evaluate
from arllie_deploy.export.graph import Convolution, Graph
from arllie_deploy.export.quantization import Observed
from arllie_deploy.frames import to_unit
from arllie_deploy.pictures.codecs import read_picture
from arllie_deploy.pictures.dark_set import dark_pictures
from arllie_deploy.pictures.folder import picture_files

MOST_FRAMES = 32
# Large photographs are looked at in a window of this many rows and columns, drawn with the seed.
_LARGEST_SIDE = 1024
_SEED = 0
_PERCENTILES = {"int8": 99.95, "int16x8": 100.0}
# Above this mean level a picture is not one that a low-light model is used on.
_BRIGHT = 0.35

Frames = Sequence[NDArray[np.uint8]]


@dataclass(frozen=True)
class Calibration:
    """Which frames decide the ranges.

    Attributes:
        folder: of pictures, None for the packaged dark set.
        percentile: how much of each value's range is kept, in percent, above 50; 100 is min-max. None: 99.95 for int8,
            whose few steps rare values would stretch, and min-max for 16 bits.
    """

    folder: Path | None = None
    percentile: float | None = None

    def __post_init__(self) -> None:
        if self.percentile is not None and not 50.0 < self.percentile <= 100.0:
            raise ArllieError(f"percentile {self.percentile:g}; give a number above 50 and up to 100 (min-max)")

    def percentile_for(self, precision: str) -> float:
        """The share that is kept in this precision."""
        return _PERCENTILES.get(precision, 100.0) if self.percentile is None else self.percentile

    def to_json(self, precision: str) -> dict[str, Any]:
        """JSON values for the manifest; the folder by its name, not by where it lies."""
        source = "packaged dark set" if self.folder is None else self.folder.resolve().name
        return {
            "source": source,
            "percentile": self.percentile_for(precision),
            "seed": _SEED,
            "most_frames": MOST_FRAMES,
        }


def load_frames(folder: Path | None) -> Frames:
    """The frames (height, width, 3) uint8 of a folder, at most 32 of them drawn with a fixed seed.

    Raises:
        ArllieError: if the folder is missing or holds no picture, or one cannot be read.
    """
    if folder is None:
        return list(dark_pictures().values())
    paths = picture_files(folder)
    random = np.random.default_rng(_SEED)
    chosen = sorted(random.permutation(len(paths))[:MOST_FRAMES])
    return [_window(_as_uint8(read_picture(paths[index]).pixels), random) for index in chosen]


def brightness_warning(frames: Frames) -> str | None:
    """One line where not a single frame is dark: the ranges would fit pictures that the model is not used on."""
    means = [float(frame.mean()) / 255.0 for frame in frames]
    if min(means) < _BRIGHT:
        return None
    return f"every calibration picture is bright (mean level {min(means):.2f} and more); calibrate on dark ones"


def observe(graph: Graph, frames: Frames, percentile: float) -> Observed:
    """Run the graph on frames and note the ranges of its values and the second moments under its kernel.

    Args:
        graph: with float weights.
        frames: (height, width, 3) uint8, any sizes.
        percentile: as in `Calibration`; taken per frame, of which the widest counts.
    """
    convolution = graph.operators[0]
    assert isinstance(convolution, Convolution)
    ranges: dict[str, tuple[float, float]] = {}
    moment, pixels = np.zeros((28, 28)), 0
    for frame in frames:
        y = to_unit(frame)
        for name, value in evaluate(graph, y).items():
            widen(ranges, name, value, percentile)
        patches = _patches(y)
        moment += patches.T @ patches
        pixels += len(patches)
    return Observed(ranges, moment / pixels)


def widen(ranges: dict[str, tuple[float, float]], name: str, values: NDArray[Any], percentile: float) -> None:
    """Let the range of a tensor reach over what it is on one more frame.

    Args:
        ranges: name -> (low, high), changed.
        name: of the tensor.
        values: on that frame.
        percentile: as in `Calibration`.
    """
    low, high = np.percentile(values, [100.0 - percentile, percentile])
    old = ranges.get(name, (low, high))
    ranges[name] = (min(old[0], float(low)), max(old[1], float(high)))


def _patches(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """(pixels, 28): what is under the kernel at every pixel, channel by channel, row by row, and a 1."""
    height, width, _ = y.shape
    padded = np.pad(np.moveaxis(y, 2, 0), ((0, 0), (1, 1), (1, 1)))
    shifted = [padded[i, dy : dy + height, dx : dx + width].ravel() for i, dy, dx in np.ndindex(3, 3, 3)]
    return np.stack([*shifted, np.ones(height * width)], axis=1)


def _as_uint8(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    return pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)


def _window(frame: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    top, left = (int(random.integers(0, max(side - _LARGEST_SIDE, 0) + 1)) for side in frame.shape[:2])
    return frame[top : top + _LARGEST_SIDE, left : left + _LARGEST_SIDE]
