"""The gate of an adaptive artifact: its files run one after the other and are compared with the model step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.export.adaptive.mixing import mixed_enhancer
from arllie_deploy.export.adaptive.opened import Followed, OpenedAdaptive, Values
from arllie_deploy.export.native.opened_adaptive import OpenedLibrary, OpenedRunner
from arllie_deploy.export.parity import Check, Limit, Verdict
from arllie_deploy.frames import to_frame, to_unit
from arllie_deploy.quality.parity import Parity, compare
from arllie_deploy.statistics import frame_statistics

# Statistics are logarithms and shares, none of them large; float32 is far below.
STATISTICS_LIMIT = 1e-5
# From the frame to the 8-bit result, in floats: rounding may go the other way, nothing more.
LEVELS_LIMIT = 1


class _Opened(Protocol):
    @property
    def executed_by(self) -> str: ...

    def follow(self, frame: NDArray[np.uint8]) -> Followed: ...


# The suffixes of what is more than a graph.
_LIBRARIES: Mapping[str, Callable[[Path], _Opened]] = {".so": OpenedLibrary, ".a": OpenedRunner}


@dataclass(frozen=True)
class AdaptiveVerdict:
    """The figures of the frame graph given what the head gave it, and of the way there.

    Attributes:
        frame_graph: against the reference of the Enhancer that the head's outputs describe; in integers and with mixed
            filters, of the one that the model has for the frame.
        statistics_max_abs: largest difference of a statistic.
        end_to_end_max_levels: largest difference of 8-bit results, from the frame to the end.
        failed: the first thing that is wrong, None if nothing is.
    """

    frame_graph: Verdict
    statistics_max_abs: float
    end_to_end_max_levels: int
    failed: str | None

    @property
    def executed_by(self) -> str:
        """What ran the frame graph."""
        return self.frame_graph.executed_by

    def to_json(self) -> dict[str, Any]:
        """The manifest's `parity`."""
        return {
            **self.frame_graph.to_json(),
            "statistics_max_abs": self.statistics_max_abs,
            "end_to_end_max_levels": self.end_to_end_max_levels,
        }


def verify_adaptive(model: AdaptiveEnhancer, checks: Sequence[Check], limit: Limit) -> AdaptiveVerdict:
    """Run parity frames through the files and compare.

    Args:
        model: its float64 reference decides. For files with mixed filters it is `mixed_enhancer`, which differs from
            the model only where the bounds of `conditioning` bind.
        checks: main files, their companions beside them; at least one.
        limit: of the precision. With a largest difference in it, the 8-bit results must also agree within a level.
    """
    worst, dark_psnr_db, failed, executed_by = None, np.inf, None, ""
    statistics_max, levels_max = 0.0, 0
    for check in checks:
        opened = _open(check.path)
        executed_by = opened.executed_by
        for frame in check.frames():
            one = _compare(model, opened, frame.pixels)
            worst = one.parity if worst is None else worst.worst(one.parity)
            statistics_max, levels_max = max(statistics_max, one.statistics), max(levels_max, one.levels)
            if frame.dark:
                dark_psnr_db = min(dark_psnr_db, one.parity.psnr_db)
            problem = limit.problem(one.parity, dark=frame.dark) or _problem(one, limit)
            if failed is None and problem is not None:
                failed = f"frame {frame.name} at {check.size[0]}x{check.size[1]}: {problem}"
    assert worst is not None
    verdict = Verdict(worst, dark_psnr_db, limit, tuple(check.size for check in checks), failed, executed_by)
    return AdaptiveVerdict(verdict, statistics_max, levels_max, failed)


@dataclass(frozen=True)
class _Compared:
    parity: Parity
    statistics: float
    levels: int


def _open(path: Path) -> _Opened:
    if path.suffix in _LIBRARIES:
        return _LIBRARIES[path.suffix](path)
    return OpenedAdaptive(path, None)


def _compare(model: AdaptiveEnhancer, opened: _Opened, frame: NDArray[np.uint8]) -> _Compared:
    wanted = frame_statistics(frame)
    followed = opened.follow(frame)
    described = _described(model, followed.given)
    exact = model.condition(wanted) if described else mixed_enhancer(model, wanted)
    y = to_unit(frame)
    reference = exact.reference(y)
    parity = compare(followed.output, described.reference(y) if described else reference)
    levels = np.abs(followed.result.astype(int) - to_frame(reference, np.uint8)).max()
    return _Compared(parity, float(np.abs(followed.statistics - wanted).max()), int(levels))


def _described(model: AdaptiveEnhancer, given: Values) -> Enhancer | None:
    """The Enhancer that the head's outputs are, None where they are factors of mixed filters."""
    if "kernel" not in given:
        return None
    constants: dict[str, float] = {name: float(given[name][0]) for name in ("gain", "knee") if name in given}
    return Enhancer(model.name, given["kernel"], given["bias"], model.epilogue, constants)


def _problem(one: _Compared, limit: Limit) -> str | None:
    if not one.statistics <= STATISTICS_LIMIT:
        return f"statistics differ by {one.statistics:.3g}, limit {STATISTICS_LIMIT:g}"
    if limit.max_abs is not None and one.levels > LEVELS_LIMIT:
        return f"the result differs by {one.levels} of 255 levels, limit {LEVELS_LIMIT}"
    return None
