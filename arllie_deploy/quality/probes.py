"""The table of probes, figures that need the enhancer itself and no reference picture: one row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.figure import Figure
from arllie_deploy.quality.noise_gain import noise_gain, relative_noise_gain
from arllie_deploy.quality.reference_error import border_error, interior_error
from arllie_deploy.quality.subject import Frame, Subject


@dataclass(frozen=True)
class Probe(Figure):
    """A figure of the enhancer at one frame.

    Attributes:
        measure: (subject, frame, the subject's output for it) -> the figure; NaN where the frame does not allow one.
    """

    measure: Callable[[Subject, Frame, Frame], float]


def _against_reference(error: Callable[[Frame, NDArray[Any]], float]) -> Callable[[Subject, Frame, Frame], float]:
    def measure(subject: Subject, frame: Frame, output: Frame) -> float:
        if subject.reference is None:
            raise ArllieError("this model has no float64 definition to compare with; leave the error metrics out")
        return error(output, subject.reference(frame))

    return measure


PROBES = {
    row.name: row
    for row in (
        Probe("noise-gain", "", 3, "lower", lambda subject, *frames: noise_gain(subject.enhance, *frames)),
        Probe(
            "noise-gain-relative",
            "",
            3,
            "lower",
            lambda subject, *frames: relative_noise_gain(subject.enhance, *frames),
        ),
        Probe("border-error", "levels", 3, "lower", _against_reference(border_error)),
        Probe("interior-error", "levels", 3, "lower", _against_reference(interior_error)),
    )
}
