"""Flicker: what an enhancer makes of the fluctuation of a static scene over time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import check_frame
from arllie_deploy.quality.ranges import data_range
from arllie_deploy.quality.subject import Frame

# Luma of Rec. ITU-R BT.709, of the encoded values.
_LUMA = np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True)
class Fluctuation:
    """Standard deviation over time, in the unit of [0, 1].

    Attributes:
        input: of the clip as it came.
        output: of the enhanced clip.
        ratio: output / (gain · input), with the gain of mean luma; up to 1 the enhancer adds nothing to what one
            brightening by that gain does. 0 for a steady output, infinite for one that moves where the input is steady.
    """

    input: float
    output: float
    ratio: float


@dataclass(frozen=True)
class Flicker:
    """Of a clip of a static scene.

    Attributes:
        frames: how many.
        gain: mean luma of the output over that of the input, over the clip; NaN for a black clip.
        frame: of the luma of the whole frame: what the eye sees as flicker.
        pixel: of one sample, averaged over all samples (root of the mean variance): noise over time.
    """

    frames: int
    gain: float
    frame: Fluctuation
    pixel: Fluctuation

    def to_json(self) -> dict[str, Any]:
        """JSON values; a figure that is not finite is None."""
        kinds = {"frame": self.frame, "pixel": self.pixel}
        return {
            "frames": self.frames,
            "gain": _finite(self.gain),
            **{kind: {name: _finite(x) for name, x in asdict(value).items()} for kind, value in kinds.items()},
        }


def flicker(clip: Iterable[tuple[str, Frame]], enhance: Callable[[Frame], Frame]) -> Flicker:
    """Measure a clip, one frame in memory at a time.

    Args:
        clip: at least two frames in their order with their names, (height, width, 3) uint8 or uint16, all alike. The
            scene must be static: motion counts as fluctuation.
        enhance: called once per frame, in order, so it may remember what it saw.

    Raises:
        ArllieError: on fewer than two frames, or one unlike the first; the message has its name.
    """
    before, after = _Moments(), _Moments()
    first: Frame | None = None
    for name, frame in clip:
        try:
            check_frame(frame)
            first = frame if first is None else first
            _check_alike(frame, first)
            output = enhance(frame)
        except ArllieError as error:
            raise ArllieError(f"picture {name}: {error}") from None
        before.add(frame)
        after.add(output)
    if before.count < 2:
        few = "1 frame is" if before.count else "0 frames are"
        raise ArllieError(f"{few} no clip; give a folder with at least 2")
    gain = after.mean_luma / before.mean_luma if before.mean_luma > 0.0 else math.nan
    return Flicker(
        frames=before.count,
        gain=gain,
        frame=_fluctuation(before.deviation_of_luma(), after.deviation_of_luma(), gain),
        pixel=_fluctuation(before.deviation_of_samples(), after.deviation_of_samples(), gain),
    )


class _Moments:
    """Running mean and sum of squared deviations of every sample (Welford, Technometrics 4(3), 1962)."""

    def __init__(self) -> None:
        self.count = 0
        self._lumas: list[float] = []
        self._mean: NDArray[np.float64] = np.zeros(1)
        self._squares: NDArray[np.float64] = np.zeros(1)

    def add(self, frame: Frame) -> None:
        values = frame / data_range(frame.dtype)
        self.count += 1
        self._lumas.append(float(values.mean(axis=(0, 1)) @ _LUMA))
        change = values - self._mean
        self._mean = self._mean + change / self.count
        self._squares = self._squares + change * (values - self._mean)

    @property
    def mean_luma(self) -> float:
        return float(np.mean(self._lumas))

    def deviation_of_luma(self) -> float:
        return float(np.std(self._lumas))

    def deviation_of_samples(self) -> float:
        return math.sqrt(float(self._squares.mean()) / self.count)


def _fluctuation(before: float, after: float, gain: float) -> Fluctuation:
    scaled = gain * before
    if after == 0.0:
        return Fluctuation(before, after, 0.0)
    return Fluctuation(before, after, after / scaled if scaled != 0.0 else math.inf)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _check_alike(frame: Frame, first: Frame) -> None:
    if frame.shape != first.shape or frame.dtype != first.dtype:
        one, other = (f"{x.shape[1]}×{x.shape[0]} {x.dtype}" for x in (frame, first))
        raise ArllieError(f"it is {one} and the first frame {other}; a clip has one size and type")
