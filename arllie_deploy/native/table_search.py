"""The search for the 64 lines of a table: for each segment of V, the two integers whose worst error is least.

Only the generator of `logistic_table.py` and its test run it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.native.logistic_form import SEGMENTS, LogisticForm

# A fraction of a segment is read in 256 steps of four V each.
_STEPS = 256
_NEIGHBORS = np.arange(-4, 5)
_STRIDES = (1024, 256, 64, 16, 4, 1)


def search_table(form: LogisticForm) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The values c0 at the start of each segment, and the differences c1 to its end, in two's complement order of V."""
    lines = [_best_line(form, segment) for segment in range(SEGMENTS)]
    return tuple(c0 for c0, _ in lines), tuple(c1 for _, c1 in lines)


def _best_line(form: LogisticForm, segment: int) -> tuple[int, int]:
    first = (segment if segment < SEGMENTS // 2 else segment - SEGMENTS) * 4 * _STEPS
    v = first + np.arange(_STEPS, dtype=np.float64) * 4.0
    # Four V share a step, and each V stands for all u that round to it; the outermost two for all beyond, too.
    first_u, last_u = v - 0.5, v + 3.5
    first_u[v == -32768], last_u[v == 32764] = -np.inf, np.inf
    low, high = (form.target(end / form.unit + form.center) for end in (first_u, last_u))
    larger: NDArray[np.float64] = np.maximum(low, high)
    weight = form.sensitivity(larger)
    best = (round(float(low[0])), round(float(low[-1] - low[0])))
    for stride in _STRIDES:
        while (better := _best_neighbor(best, stride, (low, high, weight))) != best:
            best = better
    return best


def _best_neighbor(line: tuple[int, int], stride: int, wanted: tuple[NDArray[np.float64], ...]) -> tuple[int, int]:
    low, high, weight = wanted
    c0 = line[0] + stride * _NEIGHBORS[:, None, None]
    c1 = line[1] + stride * _NEIGHBORS[None, :, None]
    value = c0 + ((np.arange(_STEPS) * c1 + _STEPS // 2) >> 8)
    error = (np.maximum(np.abs(value - low), np.abs(value - high)) * weight).max(-1)
    error[(value < 0).any(-1) | (value > 65535).any(-1)] = np.inf
    # Rounded, so that the last bits of an exponential do not decide between two lines.
    error = error.round(9)
    center = len(_NEIGHBORS) // 2
    if error[center, center] <= error.min():
        return line
    place = np.unravel_index(error.argmin(), error.shape)
    return int(c0[place[0], 0, 0]), int(c1[0, place[1], 0])
