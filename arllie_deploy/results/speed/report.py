"""The page: the figure as a table, the processor's rows in detail, and quality beside speed."""

from __future__ import annotations

import math
from collections.abc import Mapping

from arllie_deploy.bench.peers import PEERS
from arllie_deploy.bench.result import Result
from arllie_deploy.bench.row import Row
from arllie_deploy.bench.statistics import Timing
from arllie_deploy.bench.status import Status
from arllie_deploy.results.page import table
from arllie_deploy.results.speed.figure import (
    BACKENDS,
    Subject,
    counterpart,
    drift,
    fastest,
    model_of,
    most_telling,
    rows_of,
    subjects,
)
from arllie_deploy.results.speed.quality import Quality

TITLE = "Speed: a frame of {size} on each kind of processor"
_NOTHING = "–"
_FULL_HD = "1920x1080"
# One 3×3 convolution from three channels to three; an adaptive model's head is run once a frame.
_OWN_GMAC = 81 * 1920 * 1080 / 1e9


def parts(result: Result, quality: Mapping[str, Quality], parameters: Mapping[str, int]) -> list[str]:
    """The page's paragraphs and tables.

    Args:
        result: of the run.
        quality: row of the table of peers, or name of a model of ours -> its quality.
        parameters: shipped model of ours -> its trained numbers.
    """
    return [
        _METHOD,
        _run(result),
        "## The figure",
        _FIGURE,
        _figure(result),
        _reasons(result),
        "## On the processor",
        _PROCESSOR,
        _processor(result),
        _verdict(result),
        "## Quality beside speed",
        _QUALITY,
        _quality(result, quality, parameters),
        _trade(result, quality),
        "## The shapes",
        _SHAPES,
        _shapes(),
    ]


_METHOD = """Measured by `arllie-bench --peers` after the [protocol](../protocol.md): one process per engine, rounds
interleaved (A B C A B C …), so that the ratios hold on a machine that does other things too. **Shape only** is a
network of the published architecture with random weights: it takes the time of the real one, and its output means
nothing. It has no reference, so its output is checked for its shape and its parity is not judged. Every network is
timed at the level of onnxruntime's optimization that is faster for it. Ours are compared with their reference first."""

_FIGURE = """Median milliseconds of the network alone (tensor in, tensor out). The shapes run in onnxruntime, ours in
every engine here, of which the fastest counts; ratios within one engine are in the next table. A cell without a time
has its status; only wall-clock on the very device is a time."""

_PROCESSOR = """All rows that were measured. *× ours* divides a median by that of our model as an exported `.onnx` in
the same onnxruntime: like for like, for there the peers and it convert bytes in NumPy. Engines without a target in
brackets open our model itself, with the conversion in their graph. Rows that did not share their rounds are compared
through onnxruntime fp32, which is timed in all of them. The network of an int8 row is given floats as well, so its time
has their quantization in it, which end to end (bytes as they are) does without."""

_QUALITY = """What the time buys, on LOL's 15 test pairs ([how](quality.md)). Where a network had no references to learn
from (SCI, RUAS, Zero-DCE++, ZeroIG, `arllie-unsupervised`), it was not told what LOL wants; the others were. The time
is that of the shape, the quality that of the released network."""

_SHAPES = """Facts of the papers and of public code, written anew as ONNX graphs (`bench/peers/`, a file each). Counts
and multiply-accumulates of the convolutions are tests."""


def _run(result: Result) -> str:
    machine, floor = result.machine, result.floor
    lines = [
        f"- {machine.cpu}, {machine.cores} cores, {machine.memory_bytes / 1e9:.0f} GB, {machine.system}",
        f"- {result.started}, load {machine.load_average:.2f} before the run",
        f"- {', '.join(f'{name} {version}' for name, version in result.tools.items())}",
        f"- `{result.command}`" + ("" if result.complete else ", **interrupted: not all rounds were done**"),
    ]
    if floor is not None:
        lines.append(
            f"- one frame copied: {floor.copy_hot_ms.p50:.2f} ms hot, {floor.copy_cold_ms.p50:.2f} ms cold, one thread"
        )
    return "\n".join([*lines, *(f"- {warning}" for warning in result.warnings)])


def _figure(result: Result) -> str:
    rows = [
        [_title(subject), *(_cell(subject, backend, result) for backend in BACKENDS.values())]
        for subject in subjects(result)
    ]
    return table(["network", *BACKENDS], rows)


def _cell(subject: Subject, backend: str, result: Result) -> str:
    row = most_telling(rows_of(subject, backend, result))
    if row is None:
        return _without_row(backend, result)
    if row.infer_ms is not None:
        return f"**{_ms(row.infer_ms.p50)} ms** measured"
    if row.cycles is not None:
        return f"{row.cycles / 1e6:.2f} M cycles, {row.status}"
    if row.packets_per_pixel is not None:
        return f"{row.packets_per_pixel:.2f} packets per pixel, {row.status}"
    return str(row.status)


def _without_row(backend: str, result: Result) -> str:
    """What is not there for our model is not there for a shape either; what is there runs our model only."""
    found = {row.status for row in result.rows if row.backend == backend}
    return str(Status.UNAVAILABLE) if found == {Status.UNAVAILABLE} else "not run"


def _reasons(result: Result) -> str:
    """Once per reason, whose it is."""
    found: dict[str, list[str]] = {}
    for row in result.rows:
        if row.status is not Status.MEASURED:
            who = f"{row.backend}, {model_of(row, result)}, {_engine(row)}"
            found.setdefault(f"{row.status}: {row.reason}", []).append(who)
    lines = [f"{'; '.join(who)}: {why}" for why, who in found.items()]
    lines.append("`--peers` times the shapes on the processor only.")
    return "\n".join(f"- {line}" for line in lines)


def _processor(result: Result) -> str:
    header = ["network", "engine", "precision", "threads", "network ms", "p90", "× ours"]
    header += ["end to end ms", "p90", "× ours", "peak MB"]
    like = counterpart(result)
    timed = [
        (subject, row)
        for subject in subjects(result)
        for row in sorted(rows_of(subject, "cpu", result), key=_infer_ms)
        if row.infer_ms is not None
    ]
    rows = []
    for subject, row in timed:
        factor = drift(row, like) if like else 1.0
        alone = _time_and_ratio(row.infer_ms, like.infer_ms if like else None, factor)
        whole = _time_and_ratio(row.end_to_end_ms, like.end_to_end_ms if like else None, factor)
        memory = f"{row.memory_bytes / 1e6:.0f}" if row.memory_bytes else _NOTHING
        rows.append([_title(subject), _engine(row), row.precision, str(row.threads), *alone, *whole, memory])
    return table(header, rows)


def _infer_ms(row: Row) -> float:
    return row.infer_ms.p50 if row.infer_ms else math.inf


def _time_and_ratio(own: Timing | None, other: Timing | None, factor: float) -> list[str]:
    if own is None:
        return [_NOTHING] * 3
    return [_ms(own.p50), _ms(own.p90), f"{factor * own.p50 / other.p50:.3g}" if other else _NOTHING]


def _verdict(result: Result) -> str:
    like = counterpart(result)
    if like is None or like.infer_ms is None:
        return "No row of ours was measured in onnxruntime, so there is nothing to compare the shapes with."
    sentences = []
    for subject in subjects(result):
        row = fastest(rows_of(subject, "cpu", result)) if subject.peer else None
        if row is not None and row.infer_ms is not None:
            ratio = drift(row, like) * row.infer_ms.p50 / like.infer_ms.p50
            sentences.append(f"{PEERS[subject.peer or ''].title} {ratio:.3g}")
    if not sentences:
        return "No shape was measured in this run."
    named = f"`{result.model.name}` ({_engine(like)}, {_ms(like.infer_ms.p50)} ms)"
    return f"In one engine, the network alone, in multiples of {named}: {', '.join(sentences)}."


def _quality(result: Result, quality: Mapping[str, Quality], parameters: Mapping[str, int]) -> str:
    header = ["network", "parameters", "GMAC", "ms, fastest engine", "PSNR (dB)", "SSIM", "quality from"]
    rows = []
    for subject in _judged(result, parameters):
        best, known = fastest(rows_of(subject, "cpu", result)), quality.get(subject.peer or subject.model)
        time = f"{_ms(best.infer_ms.p50)} ({_engine(best)})" if best and best.infer_ms else "not in this run"
        figures = [f"{known.psnr:.2f}", f"{known.ssim:.2f}" if known.ssim else "", known.source] if known else [""] * 3
        rows.append([_title(subject), *_work(subject, parameters, result), time, *figures])
    return table(header, rows)


def _judged(result: Result, parameters: Mapping[str, int]) -> list[Subject]:
    """Those of the figure and the shipped models that were not in the run."""
    known = subjects(result)
    return [*known, *(Subject(name, name, None) for name in parameters if name not in {each.model for each in known})]


def _work(subject: Subject, parameters: Mapping[str, int], result: Result) -> list[str]:
    if subject.peer is None:
        count = parameters.get(subject.model)
        return [_NOTHING if count is None else f"{count:,}", f"{_OWN_GMAC * _scale(result):.2f}"]
    peer = PEERS[subject.peer]
    return [f"{peer.parameters:,}", f"{peer.macs / 1e9 * _scale(result):.2f}"]


def _trade(result: Result, quality: Mapping[str, Quality]) -> str:
    """Which of the networks whose shapes were timed make better pictures than the run's model, and at what time."""
    own, like = quality.get(result.model.name), counterpart(result)
    if own is None or like is None or like.infer_ms is None:
        return f"`{result.model.name}` has no quality or no time here, so the shapes are not set against it."
    better: list[str] = []
    others: list[str] = []
    for subject in subjects(result):
        row = fastest(rows_of(subject, "cpu", result)) if subject.peer else None
        if subject.peer is None or row is None or row.infer_ms is None or subject.peer not in quality:
            continue
        gain, longer = quality[subject.peer].psnr - own.psnr, drift(row, like) * row.infer_ms.p50 / like.infer_ms.p50
        said = f"{PEERS[subject.peer].title} ({'+' if gain > 0 else '−'}{abs(gain):.2f} dB, {longer:.3g} × the time)"
        (better if gain > 0 else others).append(said)
    named = f"`{result.model.name}` ({own.psnr:.2f} dB)"
    lists = [
        f"Better pictures than {named}: {', '.join(better) or 'none'}.",
        f"Not better: {', '.join(others) or 'none'}.",
    ]
    return " ".join(lists)


def _scale(result: Result) -> float:
    """Pixels of the run's frames over those of a frame of 1920×1080."""
    width, height = map(int, result.size.split("x"))
    return width * height / (1920 * 1080)


def _shapes() -> str:
    rows = [
        [peer.label, f"{peer.parameters:,}", peer.published, f"{peer.macs / 1e9:.2f}", peer.paper, peer.repository]
        for peer in PEERS.values()
    ]
    return table(["network", "parameters", "published", f"GMAC at {_FULL_HD}", "paper", "public code"], rows)


def _title(subject: Subject) -> str:
    return subject.title if subject.peer else f"**{subject.title}**"


def _engine(row: Row) -> str:
    return f"{row.runtime} ({row.target})" if row.target else row.runtime


def _ms(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
