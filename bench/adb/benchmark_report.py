"""What TFLite's `benchmark_model` prints, read. Pure.

The formats are those of tensorflow/lite/tools/benchmark (benchmark_model.cc, benchmark_tflite_model.cc) and of the
delegates' logs, TensorFlow 2.3 to 2.19 and LiteRT: newer versions begin lines with INFO:, WARN: or ERROR:, and add p5,
median and p95 to the statistics.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

# What the tool says of a delegate: that it executes all nodes, some, or none.
Verdict = Literal["completely", "partially", "not"]

_PREFIX = r"^(?:(?:INFO|WARN|WARNING|ERROR|FATAL|VERBOSE): )?"
_STATISTICS = re.compile(_PREFIX + r"count=(\d+)([ \t].*)?$", re.MULTILINE)
_FIGURE = re.compile(r"\b(first|curr|min|max|avg|std|p5|median|p95)=([-+.\deE]+)")
_NAMES = ("first", "curr", "min", "max", "avg", "std", "p5", "median", "p95")
_INIT = re.compile(r"Inference timings in us: Init: ([.\deE+]+)")
_PEAK = re.compile(r"Overall peak memory footprint \(MB\) via periodic monitoring: ([.\deE+]+)")
_UNCONSUMED = re.compile(_PREFIX + r"Unconsumed cmdline flags: (.*)$", re.MULTILINE)
_ACCELERATORS = re.compile(r"NNAPI accelerators available: \[([^\]\n]*)\]|\(Available: ([^)\n]*)\)")
_REFUSALS = (
    "NNAPI acceleration is unsupported on this platform",
    "Could not create Hexagon delegate",
    "Disallowed CPU fallback detected",
)


@dataclass(frozen=True)
class Statistics:
    """One series of calls in microseconds; None where the version does not print it."""

    count: int
    first: float | None
    curr: float | None
    min: float | None
    max: float | None
    avg: float | None
    std: float | None
    p5: float | None
    median: float | None
    p95: float | None

    @property
    def calls_us(self) -> tuple[float, ...]:
        """The calls whose times are known one by one: the first and the last."""
        if self.first is None or self.curr is None:
            return ()
        return (self.curr,) if self.count == 1 else (self.first, self.curr)


@dataclass(frozen=True)
class Delegation:
    """How much of the graph a delegate executes.

    Attributes:
        delegated: nodes that it took; None where the log does not say.
        total: nodes of the graph; None where the log does not say.
        verdict: in the tool's own words; None where it has none.
    """

    delegated: int | None
    total: int | None
    verdict: Verdict | None

    @property
    def complete(self) -> bool:
        """Whether everything says that it executes all of the graph; silence does not say so."""
        counted = self.delegated is not None and self.delegated == self.total
        if self.delegated is None:
            return self.verdict == "completely"
        return counted and self.verdict in (None, "completely")


@dataclass(frozen=True)
class BenchmarkReport:
    """Everything of interest in one run's output.

    Attributes:
        warm_up: None where the run did not come so far.
        inference: None where the run did not come so far.
        init_us: opening the model and applying the delegate.
        peak_memory_bytes: None unless it was asked for and the version knows it.
        delegation: of the delegate asked for.
        accelerators: that NNAPI has on this phone, as it names them.
        unknown_flags: that this version did not understand and so ignored.
        refusal: the line with which a delegate was refused; None where none was.
        last_error: the last line that is an error; None where none is.
    """

    warm_up: Statistics | None
    inference: Statistics | None
    init_us: float | None
    peak_memory_bytes: int | None
    delegation: Delegation
    accelerators: tuple[str, ...]
    unknown_flags: tuple[str, ...]
    refusal: str | None
    last_error: str | None


def parse_report(text: str, delegate: str) -> BenchmarkReport:
    """Read an output.

    Args:
        text: both outputs of the tool.
        delegate: of which the nodes are counted, "NNAPI" or "Hexagon"; other delegates may take what it leaves.
    """
    series = [_statistics(found) for found in _STATISTICS.finditer(text)]
    init, peak, accelerators = _INIT.search(text), _PEAK.search(text), _ACCELERATORS.search(text)
    named = (accelerators[1] or accelerators[2] or "") if accelerators else ""
    return BenchmarkReport(
        warm_up=series[0] if series else None,
        inference=series[1] if len(series) > 1 else None,
        init_us=_number(init[1]) if init else None,
        peak_memory_bytes=_bytes(peak[1]) if peak else None,
        delegation=_delegation(text, delegate),
        accelerators=tuple(name.strip() for name in named.split(",") if name.strip()),
        unknown_flags=tuple(word for found in _UNCONSUMED.finditer(text) for word in found[1].split()),
        refusal=next((line.strip() for line in text.splitlines() if any(words in line for words in _REFUSALS)), None),
        last_error=_last_error(text),
    )


def _statistics(found: re.Match[str]) -> Statistics:
    figures: dict[str, float | None] = {name: _number(value) for name, value in _FIGURE.findall(found[2] or "")}
    count, curr = int(found[1]), figures.get("curr")
    if set(figures) == {"curr"}:  # one call, or several that took equally long
        figures = {**dict.fromkeys(_NAMES, curr), "std": 0.0}
    return Statistics(count, *(figures.get(name) for name in _NAMES))


def _delegation(text: str, delegate: str) -> Delegation:
    replaced = re.search(
        rf"Replacing (\d+) out of (\d+) node\(s\) with delegate \(TfLite{delegate}Delegate\)", text, re.I
    )
    taken = re.search(rf"{delegate} delegate: (\d+) nodes delegated out of (\d+) nodes", text, re.I)
    counted = replaced or taken
    verdicts: tuple[tuple[str, Verdict], ...] = (
        (rf"Explicitly applied {delegate} delegate, and the model graph will be completely executed", "completely"),
        (rf"Explicitly applied {delegate} delegate, and the model graph will be partially executed", "partially"),
        (rf"Though {delegate} delegate is explicitly applied, the model graph will not be executed", "not"),
    )
    verdict = next((word for pattern, word in verdicts if re.search(pattern, text, re.I)), None)
    if counted is None:
        return Delegation(None, None, verdict)
    return Delegation(int(counted[1]), int(counted[2]), verdict)


def _last_error(text: str) -> str | None:
    lines = [line.strip() for line in text.splitlines()]
    marked = [
        line for line in lines if re.match(r"(ERROR|FATAL): |.*([Ff]ailed|error|Segmentation fault|not found)", line)
    ]
    return marked[-1][:300] if marked else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _bytes(megabytes: str) -> int | None:
    number = _number(megabytes)
    return None if number is None else int(number * (1 << 20))
