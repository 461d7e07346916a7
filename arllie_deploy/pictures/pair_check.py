"""Pairs that cannot be right: swapped, shifted against each other, of two different scenes, or of one color."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError

# Frames are compared at about this many pixels along the longer edge, and once more in a window of full resolution.
_EDGE = 160
_WINDOW = 192
_SMALLEST = 16

# A low frame is never this much brighter than its reference, in this share of its pixels.
_BRIGHTER = 1.25
_MOST = 0.75

# Correlation of gradients: true pairs of LOL reach 0.3 to 1, frames of different scenes at most 0.15. Noise lowers the
# peak of a true pair, but it still stands out of the rest by more deviations than a chance peak, which is at most 10
# deviations high, and hardly ever where there is no shift.
_RELATED = 0.15
_STANDS_OUT = 12.0
_STANDS_OUT_UNSHIFTED = 6.0
_FARTHEST = 2
_MARGIN = 1.25
# Of the pairs of a set.
_BEARABLE = 0.01


@dataclass(frozen=True)
class OddPair:
    """A pair that something is wrong with.

    Attributes:
        name: of the pair.
        kind: constant, swapped, shifted or unrelated.
        text: what is wrong, for a person.
    """

    name: str
    kind: str
    text: str


@dataclass(frozen=True)
class _Peak:
    """Where two frames fit best.

    Attributes:
        shift: of the second frame against the first, in rows and columns.
        height: the correlation there, 1 for equal edges.
        deviations: the same in standard deviations of the correlations at all shifts.
        unshifted: the highest correlation at shifts of at most one pixel.
    """

    shift: tuple[int, int]
    height: float
    deviations: float
    unshifted: float

    @property
    def related(self) -> bool:
        enough = _STANDS_OUT_UNSHIFTED if max(map(abs, self.shift)) < _FARTHEST else _STANDS_OUT
        return self.height >= _RELATED or self.deviations >= enough

    @property
    def displaced(self) -> bool:
        far = max(map(abs, self.shift)) >= _FARTHEST
        return far and self.related and self.height >= _MARGIN * self.unshifted


def check_pair(name: str, low: NDArray[Any], high: NDArray[Any]) -> OddPair | None:
    """What is wrong with a pair; None if it looks right. Pure and deterministic.

    Brightness decides whether it is swapped. The rest is decided by the cross-correlation of gradients (Kuglin and
    Hines 1975 for finding a shift by Fourier transforms; gradients as in Scharstein 1994) of rank-transformed frames,
    which any monotone tone curve leaves alone.

    Args:
        name: of the pair, for the answer.
        low: (height, width, 3) uint8 or uint16.
        high: the same shape.
    """
    for side, frame in (("low", low), ("high", high)):
        if _is_constant(frame):
            return OddPair(name, "constant", f"{side} is a constant picture, nothing to learn from")
    step = max(1, min(-(-max(low.shape[:2]) // _EDGE), min(low.shape[:2]) // _SMALLEST))
    small = _gray(low, step), _gray(high, step)
    if small[0].mean() >= _BRIGHTER * small[1].mean() and np.mean(small[0] > small[1]) >= _MOST:
        return OddPair(name, "swapped", "low is brighter than high, they seem to be swapped")
    if min(small[0].shape) < _SMALLEST:
        return None
    coarse = _peak(*small)
    if not coarse.related:
        return OddPair(name, "unrelated", "low and high show different pictures")
    if coarse.displaced:
        return _shifted(name, coarse, step)
    fine = _peak(_gray(_window(low), 1), _gray(_window(high), 1)) if step > 1 else coarse
    return _shifted(name, fine, 1) if fine.displaced else None


def check_low(name: str, low: NDArray[Any]) -> OddPair | None:
    """What is wrong with a dark picture (height, width, 3) alone: it may be constant."""
    return OddPair(name, "constant", "a constant picture, nothing to learn from") if _is_constant(low) else None


def refuse_many_odd(odd: Sequence[OddPair], total: int) -> None:
    """Raise `ArllieError` that names the first of the odd pairs if more than one in a hundred is.

    A single wrong pair is found in good data sets too; more are a mistake in the folders.
    """
    if len(odd) > _BEARABLE * total:
        counts = ", ".join(f"{count} {kind}" for kind, count in Counter(pair.kind for pair in odd).items())
        named = "; ".join(f"{pair.name}: {pair.text}" for pair in odd[:3])
        more = f"; and {len(odd) - 3} more" if len(odd) > 3 else ""
        raise ArllieError(
            f"{len(odd)} of {total} pairs look wrong ({counts}): {named}{more}; mend or remove them, or pass "
            "--skip-pair-check"
        )


def _is_constant(frame: NDArray[Any]) -> bool:
    return bool((frame == frame[0, 0]).all())


def _shifted(name: str, peak: _Peak, step: int) -> OddPair:
    down, right = (step * part for part in peak.shift)
    about = "about " if step > 1 else ""
    return OddPair(name, "shifted", f"high is shifted against low by {about}{right:+d} columns and {down:+d} rows")


def _gray(frame: NDArray[Any], step: int) -> NDArray[np.float64]:
    """Means of the channels over blocks of step × step pixels, in [0, 1]."""
    height, width = (size // step * step for size in frame.shape[:2])
    rows = frame[:height, :width].reshape(height // step, step, width // step, step * 3)
    means: NDArray[np.float64] = rows.mean(axis=(1, 3))
    return means / float(np.iinfo(frame.dtype).max)


def _window(frame: NDArray[Any]) -> NDArray[Any]:
    """The middle of a frame, at most _WINDOW pixels along each edge."""
    top, left = (max(0, (size - _WINDOW) // 2) for size in frame.shape[:2])
    return frame[top : top + _WINDOW, left : left + _WINDOW]


def _peak(low: NDArray[np.float64], high: NDArray[np.float64]) -> _Peak:
    a, b = _edges(low), _edges(high)
    norm = float(np.sqrt((np.abs(a) ** 2).sum() * (np.abs(b) ** 2).sum()))
    if norm == 0.0:
        return _Peak((0, 0), 1.0, np.inf, 1.0)
    # Padding keeps small shifts from meeting the other side of the frame.
    shape = tuple(size + 16 for size in a.shape)
    fit = np.fft.ifft2(np.conj(np.fft.fft2(a, shape)) * np.fft.fft2(b, shape)).real / norm
    row, column = np.unravel_index(int(fit.argmax()), shape)
    shift = tuple(int(at if at <= size // 2 else at - size) for at, size in zip((row, column), shape, strict=True))
    near = fit[np.ix_((-1, 0, 1), (-1, 0, 1))].max()
    height = float(fit[row, column])
    return _Peak((shift[0], shift[1]), height, height / float(fit.std()), float(near))


def _edges(gray: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Horizontal and vertical differences of the ranks, as one complex picture."""
    levels = np.floor(4095 * np.sqrt(gray / gray.max())).astype(np.intp)
    counts = np.bincount(levels.ravel(), minlength=4096)
    ranks = ((np.cumsum(counts) - counts / 2) / levels.size)[levels]
    edges: NDArray[np.complex128] = np.diff(ranks, axis=1)[:-1] + 1j * np.diff(ranks, axis=0)[:, :-1]
    return edges
