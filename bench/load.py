"""How busy this machine is, and whether that makes figures less sure."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

# A machine that only answers keys and clocks stays well below.
_BUSY_SHARE = 0.15
_SAMPLE_S = 0.5
_STAT = Path("/proc/stat")
# Of a line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal (proc_stat(5)).
_IDLE = (3, 4)
_FIELDS = 8


def sample_load(seconds: float = _SAMPLE_S) -> float | None:
    """The share of all processors' time that is used now, 0–1; None where the system does not say.

    Args:
        seconds: to look for; call it while nothing of this program runs.
    """
    before = _ticks()
    time.sleep(seconds)
    after = _ticks()
    return None if before is None or after is None else busy_share(before, after)


def busy_share(before: Sequence[int], after: Sequence[int]) -> float | None:
    """The used share of the time between two readings of the first line of /proc/stat; None where none has passed."""
    passed = [late - early for early, late in zip(before[:_FIELDS], after[:_FIELDS], strict=True)]
    total = sum(passed)
    return 1.0 - sum(passed[place] for place in _IDLE) / total if total > 0 else None


def load_warnings(before: float | None, after: float | None) -> tuple[str, ...]:
    """One line where the machine was busy with something else before or after the run."""
    found = [(when, share) for when, share in (("before", before), ("after", after)) if share is not None]
    busy = [f"{share:.0%} {when} the run" for when, share in found if share > _BUSY_SHARE]
    if not busy:
        return ()
    return (f"the machine was busy with other work ({', '.join(busy)}): ratios hold better than times, repeat it idle",)


def _ticks() -> list[int] | None:
    if not _STAT.exists():
        return None
    return [int(word) for word in _STAT.read_text().splitlines()[0].split()[1 : 1 + _FIELDS]]
