"""Scores of a model over pairs of pictures; pure: reading and the model are the caller's."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.metrics import Metric

Frame = NDArray[Any]


@dataclass(frozen=True)
class Scored:
    """One picture: metric -> score."""

    name: str
    scores: Mapping[str, float]


@dataclass(frozen=True)
class Evaluation:
    """Scores of all pictures, in their order."""

    metrics: tuple[str, ...]
    pictures: tuple[Scored, ...]

    @property
    def means(self) -> dict[str, float]:
        """Metric -> mean of the pictures' scores, for PSNR the mean of decibels as papers give it."""
        return {
            metric: sum(picture.scores[metric] for picture in self.pictures) / len(self.pictures)
            for metric in self.metrics
        }

    def to_json(self) -> dict[str, Any]:
        """JSON values; an infinite score (PSNR of equal frames) is None."""
        return {
            "pictures": [{"name": picture.name, **_finite(picture.scores)} for picture in self.pictures],
            "means": _finite(self.means),
        }


def evaluate(
    pairs: Iterable[tuple[str, Frame, Frame]], enhance: Callable[[Frame], Frame], metrics: Sequence[Metric]
) -> Evaluation:
    """Compare `enhance(low)` with `high` for each pair.

    Args:
        pairs: name, low and high frame (height, width, 3) of one shape and dtype; taken one at a time.
        enhance: frame -> frame of the same shape and dtype.
        metrics: rows of `METRICS`.

    Raises:
        ArllieError: if there are no pairs, or a pair cannot be compared; the message has its name.
    """
    pictures = []
    for name, low, high in pairs:
        try:
            output = enhance(low)
            scores = {metric.name: metric.score(output, high) for metric in metrics}
        except ArllieError as error:
            raise ArllieError(f"picture {name}: {error}") from None
        pictures.append(Scored(name, scores))
    if not pictures:
        raise ArllieError("no pairs to evaluate; give a folder with low/ and high/")
    return Evaluation(tuple(metric.name for metric in metrics), tuple(pictures))


def _finite(scores: Mapping[str, float]) -> dict[str, float | None]:
    return {metric: score if math.isfinite(score) else None for metric, score in scores.items()}
