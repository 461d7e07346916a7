"""The ranges of a network's tensors, a part of them at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from numpy.typing import NDArray

from arllie_deploy.export.calibration import widen

# Tensors that an engine is asked for at once: all those of a large network together would be gigabytes.
AT_ONCE = 32


def observe_parts(
    names: Sequence[str],
    values_of: Callable[[Sequence[str]], Iterable[tuple[str, NDArray[Any]]]],
    percentile: float,
) -> dict[str, tuple[float, float]]:
    """The range of each tensor.

    Args:
        names: of the tensors.
        values_of: some of them -> their names and values, frame after frame.
        percentile: as in `Calibration`; taken per frame, of which the widest counts.
    """
    found: dict[str, tuple[float, float]] = {}
    for begin in range(0, len(names), AT_ONCE):
        for name, values in values_of(names[begin : begin + AT_ONCE]):
            widen(found, name, values, percentile)
    return found
