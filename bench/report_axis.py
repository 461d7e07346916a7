"""The axes that the charts of the report share."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

_FEW_DECADES = 2
# What the clock tells apart.
_SHORTEST_MS = 1e-6


@dataclass(frozen=True)
class LogAxis:
    """Milliseconds from left to right, whole decades.

    Attributes:
        low: power of ten at the left end.
        high: power of ten at the right end.
        left: place of the left end.
        right: place of the right end.
    """

    low: int
    high: int
    left: float
    right: float

    def position(self, time_ms: float) -> float:
        """Where a time lies from left to right, the left end for those below it."""
        share = (math.log10(max(time_ms, 10.0**self.low)) - self.low) / (self.high - self.low)
        return self.left + (self.right - self.left) * share

    def ticks(self) -> Iterator[float]:
        """The powers of ten, and 2 and 5 between them where there are few."""
        steps = (1, 2, 5) if self.high - self.low <= _FEW_DECADES else (1,)
        for power in range(self.low, self.high):
            yield from (step * 10.0**power for step in steps)
        yield 10.0**self.high

    def grid(self, top: float, bottom: float) -> Iterator[str]:
        """A vertical line and a label for each tick, as SVG."""
        for time_ms in self.ticks():
            x = f"{self.position(time_ms):.1f}"
            yield f'<line class="grid" x1="{x}" y1="{top}" x2="{x}" y2="{bottom}"/>'
            yield f'<text class="muted" x="{x}" y="{bottom + 18}" text-anchor="middle">{time_ms:g}</text>'


def enclosing(smallest: float, largest: float, left: float, right: float) -> LogAxis:
    """The decades that enclose both times, at least one, and with room left of the smallest."""
    low = math.floor(math.log10(max(smallest, _SHORTEST_MS) * 0.8))
    return LogAxis(low, max(low + 1, math.ceil(math.log10(largest))), left, right)


def round_steps(largest: float, at_most: int) -> list[float]:
    """0 and multiples of 1, 2 or 5 times a power of ten up to `largest` > 0, at most so many steps (3 or more)."""
    power = 10.0 ** math.floor(math.log10(largest / at_most))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power * at_most >= largest)
    return [number * step for number in range(math.floor(largest / step) + 1)]
