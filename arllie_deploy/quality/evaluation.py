"""Figures of an enhancer over pairs of pictures; pure: reading and the model are the caller's."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.quality.figure import find_rows
from arllie_deploy.quality.metrics import METRICS, Metric
from arllie_deploy.quality.probes import PROBES, Probe
from arllie_deploy.quality.subject import Frame, Subject

FIGURES: Mapping[str, Metric | Probe] = {**METRICS, **PROBES}


@dataclass(frozen=True)
class Scored:
    """One picture: figure -> score."""

    name: str
    scores: Mapping[str, float]


@dataclass(frozen=True)
class Compared:
    """One picture with its frames: what an observer of the evaluation gets to see."""

    scored: Scored
    low: Frame
    output: Frame
    high: Frame


@dataclass(frozen=True)
class Evaluation:
    """Scores of all pictures, in their order.

    Attributes:
        metrics: the names of the figures that were computed.
        pictures: their scores.
        skipped: figure that cannot be computed on this machine -> why, with what mends it.
    """

    metrics: tuple[str, ...]
    pictures: tuple[Scored, ...]
    skipped: Mapping[str, str] = field(default_factory=dict)

    @property
    def means(self) -> dict[str, float]:
        """Figure -> mean of the pictures' scores, for PSNR the mean of decibels as papers give it."""
        return {
            metric: sum(picture.scores[metric] for picture in self.pictures) / len(self.pictures)
            for metric in self.metrics
        }

    def to_json(self) -> dict[str, Any]:
        """JSON values; a score that is infinite (PSNR of equal frames), undefined or skipped is None."""
        return {
            "pictures": [{"name": picture.name, **self._values(picture.scores)} for picture in self.pictures],
            "means": self._values(self.means),
            "skipped": dict(self.skipped),
        }

    def _values(self, scores: Mapping[str, float]) -> dict[str, float | None]:
        finite = {metric: score if math.isfinite(score) else None for metric, score in scores.items()}
        return {**finite, **dict.fromkeys(self.skipped)}


def find_figures(names: str) -> tuple[Metric | Probe, ...]:
    """The metrics and probes of comma-separated names, each once, in their order.

    Raises:
        ArllieError: on an unknown name, with the nearest known one, or on none at all.
    """
    return find_rows(names, FIGURES)


def evaluate(
    pairs: Iterable[tuple[str, Frame, Frame]],
    subject: Subject,
    figures: Sequence[Metric | Probe],
    observers: Sequence[Callable[[Compared], None]] = (),
) -> Evaluation:
    """Enhance each dark frame and take its figures.

    Args:
        pairs: name, low and high frame (height, width, 3) of one shape and dtype; taken one at a time.
        subject: the enhancer.
        figures: rows of `METRICS` and `PROBES`.
        observers: called after each picture.

    Raises:
        ArllieError: if there are no pairs, or a pair cannot be compared; the message has its name.
        UnavailableError: if none of the figures can be computed on this machine.
    """
    skipped = _unavailable(figures)
    computed = [row for row in figures if row.name not in skipped]
    if not computed:
        raise UnavailableError("; ".join(skipped.values()))
    pictures = []
    for name, low, high in pairs:
        try:
            output = subject.enhance(low)
            scores = {row.name: _score(row, subject, low, output, high) for row in computed}
        except ArllieError as error:
            raise ArllieError(f"picture {name}: {error}") from None
        pictures.append(Scored(name, scores))
        for observe in observers:
            observe(Compared(pictures[-1], low, output, high))
    if not pictures:
        raise ArllieError("no pairs to evaluate; give a folder with low/ and high/")
    return Evaluation(tuple(row.name for row in computed), tuple(pictures), skipped)


def _unavailable(figures: Sequence[Metric | Probe]) -> dict[str, str]:
    reasons = {row.name: row.why_unavailable() for row in figures if isinstance(row, Metric)}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def _score(row: Metric | Probe, subject: Subject, low: Frame, output: Frame, high: Frame) -> float:
    if isinstance(row, Metric):
        return row.score(output, high)
    return row.measure(subject, low, output)
