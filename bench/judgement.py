"""Whether an output is right: compared with the float64 reference, by the limit of its precision."""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.bench.row import RowParity, row_parity
from arllie_deploy.quality.parity import Parity, compare

# Rounding to 8 bits moves a value by at most half a level.
_HALF_LEVEL = 0.5 / 255


class Limit(Protocol):
    """What an output of one precision must keep; the limits themselves are the exporters'."""

    @property
    def max_abs(self) -> float | None:
        """Largest absolute difference, in units of [0, 1]; None where rounding to few integers decides it."""
        ...

    @property
    def dark_psnr_db(self) -> float | None:
        """Least PSNR of a dark frame; None where `max_abs` decides."""
        ...

    def problem(self, parity: Parity, *, dark: bool) -> str | None:
        """What is wrong with one frame's figures, None if nothing."""
        ...


def judge(
    tensor: NDArray[Any], frame: NDArray[Any], reference: NDArray[np.float64], limit: Limit
) -> tuple[RowParity | None, str | None]:
    """Compare both outputs of a dark frame with the reference.

    Args:
        tensor: what float in, float out gave, (height, width, 3).
        frame: what uint8 in, uint8 out gave.
        reference: the float64 truth, (height, width, 3) in [0, 1].
        limit: of the tensor; the frame may add half a level of 255 to every value, which rounding costs.

    Returns:
        The parity of the tensor, and what is wrong; None if nothing is.
    """
    wrong = form_problem(tensor, frame, reference.shape)
    if wrong is not None:
        return None, wrong
    parity = compare(tensor, reference)
    figures = row_parity(parity.to_json(), limit.max_abs, limit.dark_psnr_db)
    problem = limit.problem(parity, dark=True)
    if problem is not None:
        return figures, f"its output differs from the reference: {problem}"
    return figures, _frame_problem(compare(frame / 255.0, reference), limit)


def form_problem(tensor: NDArray[Any], frame: NDArray[Any], shape: tuple[int, ...]) -> str | None:
    """What is wrong with the outputs before any value is looked at: their shape, or the frame's type."""
    for what, output in (("tensor", tensor), ("frame", frame)):
        if output.shape != shape:
            return f"its output {what} has shape {output.shape}, the input {shape}"
    return None if frame.dtype == np.uint8 else f"its output frame is {frame.dtype}, not uint8"


def unjudged_problem(tensor: NDArray[Any], frame: NDArray[Any], shape: tuple[int, ...]) -> str | None:
    """What is wrong with the outputs of a network that has no reference: their form, or values that are not finite."""
    problem = form_problem(tensor, frame, shape)
    if problem is None and not np.isfinite(tensor).all():
        return "its output has values that are not finite"
    return problem


def _frame_problem(rounded: Parity, limit: Limit) -> str | None:
    if limit.max_abs is not None and not rounded.max_abs <= limit.max_abs + _HALF_LEVEL:
        return f"its uint8 frame differs from the reference by up to {rounded.max_abs * 255:.3g} of 255 levels"
    if limit.dark_psnr_db is not None and not rounded.psnr_db >= (least := _rounded_psnr_db(limit.dark_psnr_db)):
        return f"its uint8 frame is {rounded.psnr_db:.1f} dB from the reference, limit {least:.1f} dB"
    return None


def _rounded_psnr_db(limit_db: float) -> float:
    """The PSNR that must remain when every value may move by half a level more: root mean squares add at worst."""
    return -20.0 * math.log10(10.0 ** (-limit_db / 20.0) + _HALF_LEVEL)
