"""From the rows of a run to what the page shows: who was timed, each one's best row, and why the others have none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from arllie_deploy.bench.peers import PEERS
from arllie_deploy.bench.peers.inspection import SUFFIXES
from arllie_deploy.bench.result import Result
from arllie_deploy.bench.row import Row
from arllie_deploy.bench.status import Status

# Column of the figure -> the word of --backends.
BACKENDS = {"CPU": "cpu", "GPU": "cuda", "NPU": "npu", "DSP": "dsp"}
# Where nothing was measured, the row that says most.
_WORTH = (Status.EMULATED, Status.ESTIMATED, Status.FALLBACK, Status.WRONG, Status.FAILED, Status.UNAVAILABLE)


@dataclass(frozen=True)
class Subject:
    """A line of the figure.

    Attributes:
        title: how the page calls it.
        model: what `Row.model` says.
        peer: its row in the table of peers; None for a model of ours.
    """

    title: str
    model: str
    peer: str | None


def subjects(result: Result) -> list[Subject]:
    """The peers in the order of their table, then our models in the order of their rows; no file that was brought."""
    theirs = [Subject(peer.label, peer.label, name) for name, peer in PEERS.items()]
    labels = {subject.model for subject in theirs}
    models = dict.fromkeys(model_of(row, result) for row in result.rows)
    ours = [model for model in models if model not in labels and Path(model).suffix not in SUFFIXES]
    return [*theirs, *(Subject(model, model, None) for model in ours)]


def model_of(row: Row, result: Result) -> str:
    """The model of a row; the run's own where it names none."""
    return row.model or result.model.name


def rows_of(subject: Subject, backend: str, result: Result) -> list[Row]:
    """A line's rows of one backend."""
    return [row for row in result.rows if row.backend == backend and model_of(row, result) == subject.model]


def fastest(rows: Sequence[Row]) -> Row | None:
    """The measured row with the least median of the network alone; None where nothing was measured."""
    timed = [row for row in rows if row.infer_ms is not None]
    return min(timed, key=lambda row: row.infer_ms.p50 if row.infer_ms else 0.0, default=None)


def most_telling(rows: Sequence[Row]) -> Row | None:
    """The fastest row, else the one whose status says most; None where there is no row."""
    return fastest(rows) or min(
        (row for row in rows if row.status in _WORTH), key=lambda row: _WORTH.index(row.status), default=None
    )


def counterpart(result: Result) -> Row | None:
    """The row of ours that peers are compared with: the run's model as an exported file in the same engine."""
    own = [row for row in result.rows if model_of(row, result) == result.model.name and row.backend == "cpu"]
    like = [row for row in own if (row.runtime, row.precision) == ("onnxruntime", "fp32")]
    return fastest([row for row in like if row.target == "onnx-cpu"]) or fastest(like)


def drift(row: Row, like: Row) -> float:
    """By what a ratio of times of `row` to times of `like` is multiplied where they were not timed in the same rounds.

    Each group of rounds times onnxruntime fp32 anew, and both rows know their ratio to it: how its time changed from
    one group to the other is how the machine did. 1 within a group, and where a ratio is missing.
    """
    if row.group == like.group or not (row.end_to_end_ms and like.end_to_end_ms and row.x_ort_fp32 and like.x_ort_fp32):
        return 1.0
    return (row.x_ort_fp32 / like.x_ort_fp32) / (row.end_to_end_ms.p50 / like.end_to_end_ms.p50)
