"""The rows of a phone: `--device adb:SERIAL`, one function for each backend."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from arllie_deploy.bench.adb.benchmark_model import NNAPI, Accelerator, BenchmarkModel, Rounds, hexagon
from arllie_deploy.bench.adb.client import Server, find_adb
from arllie_deploy.bench.adb.entries import entries_of
from arllie_deploy.bench.adb.interruption import ending_interrupts
from arllie_deploy.bench.adb.outcome import EMULATED_REASON, Judge, Outcome, outcome_of
from arllie_deploy.bench.adb.phone import Phone, look_at
from arllie_deploy.bench.adb.qnn_net_run import QnnNetRun, context_of
from arllie_deploy.bench.adb.qnn_sdk import arch_of
from arllie_deploy.bench.adb.runner_program import run_on_processor, runner_of
from arllie_deploy.bench.adb.session import Limits, Session
from arllie_deploy.bench.backends.base import Entry
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.floor import FloorTimes
from arllie_deploy.bench.judgement import Limit, form_problem, judge
from arllie_deploy.bench.row import Row
from arllie_deploy.bench.status import Status
from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.frames import to_unit

_INTERRUPTED = "interrupted before it was timed"


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What the user gives; None is nothing.

    Attributes:
        runner: a static program that follows the runner's protocol; without it ours is made, if the compiler is here.
        benchmark_model: TFLite's program for the phone.
        hexagon_libraries: folder with the Hexagon delegate's libraries.
        qnn_sdk: folder of Qualcomm's AI Runtime SDK.
    """

    runner: Path | None = None
    benchmark_model: Path | None = None
    hexagon_libraries: Path | None = None
    qnn_sdk: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is to be timed on a phone.

    Attributes:
        backends: words of `--backends`, of BACKENDS below.
        subject: the model and the frames.
        artifacts: backend -> what was exported for it.
        tools: see there.
        limits: precision -> what an output must keep.
        rounds: of `benchmark_model` and `qnn-net-run`.
        runs: timed calls of the runner, of each kind.
        waits: of the session.
    """

    backends: Sequence[str]
    subject: Subject
    artifacts: Mapping[str, Sequence[Entry]]
    tools: Tools
    limits: Mapping[str, Limit]
    rounds: Rounds = field(default_factory=Rounds)
    runs: int = 50
    waits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class OnPhone:
    """A task under way.

    Attributes:
        task: see there.
        session: on the phone.
        phone: that it is.
        device: what the user calls it.
        scratch: a folder on this machine.
    """

    task: Task
    session: Session
    phone: Phone
    device: str
    scratch: Path


@dataclass(frozen=True)
class Found:
    """A row, and the copy floor where its engine timed it."""

    row: Row
    floor: FloorTimes | None = None


@dataclass(frozen=True, kw_only=True)
class PhoneResult:
    """What came of a phone.

    Attributes:
        rows: at least one for each backend, in their order.
        floor: the copy of a frame there; None where no runner timed it.
        before: the phone before the first row; None where it could not be reached.
        after: after the last row; None where it could no longer be asked.
        interruptions: how often the phone was lost and came back.
        left_behind: why something is still on the phone; None where nothing is.
        complete: false after Ctrl-C.
    """

    rows: tuple[Row, ...]
    floor: FloorTimes | None
    before: Phone | None
    after: Phone | None
    interruptions: int
    left_behind: str | None
    complete: bool


def rows_of_phone(server: Server, serial: str | None, task: Task, run_id: str, device: str) -> PhoneResult:
    """Check and time everything on one phone; what goes wrong is a row's reason.

    Args:
        server: of adb; `Server()` is its own default.
        serial: of the phone; None is the only one that is connected.
        task: see there.
        run_id: letters, digits and '-'.
        device: what the user calls the phone, such as "adb:SERIAL".
    """
    found: dict[str, list[Found]] = {backend: [] for backend in task.backends}
    before = after = session = None
    complete, rest = True, Outcome(status=Status.FAILED, reason=_INTERRUPTED)
    try:
        adb = find_adb(server)
        session = Session(adb, adb.choose(serial), run_id, task.waits)
        with ending_interrupts(), session, tempfile.TemporaryDirectory(prefix="arllie-adb-") as scratch:
            before = look_at(session.ask)
            on_phone = OnPhone(task, session, before, device, Path(scratch))
            for backend, rows in found.items():
                for row in BACKENDS[backend](on_phone):
                    rows.append(row)  # one by one: Ctrl-C keeps those that are there
            after = look_at(session.ask)
    except ArllieError as error:
        rest = outcome_of(error)
    except KeyboardInterrupt:
        complete = False
    return PhoneResult(
        rows=tuple(row for backend in found for row in _filled(task, backend, found[backend], rest, device)),
        floor=next((each.floor for rows in found.values() for each in rows if each.floor is not None), None),
        before=before,
        after=after,
        interruptions=session.interruptions if session else 0,
        left_behind=session.left_behind if session else None,
        complete=complete,
    )


def cpu_rows(on_phone: OnPhone) -> Iterator[Found]:
    """The phone's processor: the runner of any model in float32 and uint8, then the native kernel's in uint8."""
    return _rows_of_entries("cpu", on_phone, lambda candidate: _on_processor(on_phone, candidate))


def npu_rows(on_phone: OnPhone) -> Iterator[Found]:
    """The phone's neural processor: `benchmark_model` with NNAPI, which may not fall back to its own processor code."""
    return _rows_of_entries("npu", on_phone, lambda candidate: _benchmark_model(on_phone, candidate, NNAPI))


def dsp_rows(on_phone: OnPhone) -> Iterator[Found]:
    """The phone's signal processor: the user's Hexagon delegate in `benchmark_model`, and the HTP in `qnn-net-run`."""
    return _rows_of_entries("dsp", on_phone, lambda candidate: _DSP_TOOLS[candidate.runtime](on_phone, candidate))


BACKENDS: Mapping[str, Callable[[OnPhone], Iterator[Found]]] = {
    "cpu": cpu_rows,
    "npu": npu_rows,
    "dsp": dsp_rows,
}


def _rows_of_entries(backend: str, on_phone: OnPhone, time: Callable[[Candidate], Outcome]) -> Iterator[Found]:
    """One for each entry; rows that are decided already keep what they say."""
    for entry in _entries(on_phone.task, backend):
        if isinstance(entry, Row):
            yield Found(replace(entry, device=on_phone.device))
            continue
        outcome = _guarded(partial(time, entry))
        yield Found(outcome.row(entry, on_phone.device), outcome.floor)


def _entries(task: Task, backend: str) -> list[Entry]:
    return entries_of(backend, task.subject, task.artifacts.get(backend, ()))


def _on_processor(on_phone: OnPhone, candidate: Candidate) -> Outcome:
    task = on_phone.task
    program, kinds = runner_of(candidate.artifact, task.tools.runner, on_phone.phone.abi, on_phone.scratch)
    return run_on_processor(
        on_phone.session,
        program,
        candidate.enhancer or task.subject.one_layer,
        task.subject.frames[0],
        kinds=kinds,
        judge=_judge(task, candidate),
        runs=task.runs,
        emulated=on_phone.phone.emulated,
        scratch=on_phone.scratch,
    )


def _benchmark_model(on_phone: OnPhone, candidate: Candidate, accelerator: Accelerator) -> Outcome:
    program = on_phone.task.tools.benchmark_model
    if program is None:
        raise UnavailableError("give TFLite's program for the phone: --benchmark-model FILE")
    tool = BenchmarkModel(on_phone.session, program, _artifact(candidate), accelerator, candidate.threads)
    return _outcome(on_phone, candidate, tool)


def _hexagon_delegate(on_phone: OnPhone, candidate: Candidate) -> Outcome:
    folder = on_phone.task.tools.hexagon_libraries
    if folder is None:
        raise UnavailableError(
            "the Hexagon delegate's libraries are Qualcomm's: give their folder (--hexagon-libraries)"
        )
    return _benchmark_model(on_phone, candidate, hexagon(folder))


def _qnn_net_run(on_phone: OnPhone, candidate: Candidate) -> Outcome:
    sdk, soc = on_phone.task.tools.qnn_sdk, on_phone.phone.soc
    if sdk is None:
        raise UnavailableError("the runner of the HTP is Qualcomm's: give the folder of its AI Runtime SDK (--qnn-sdk)")
    context = context_of(_artifact(candidate), arch_of(soc), soc)
    return _outcome(on_phone, candidate, QnnNetRun(on_phone.session, sdk, context))


# What executes an artifact on the signal processor, by the runtime that it is for.
_DSP_TOOLS: Mapping[str, Callable[[OnPhone, Candidate], Outcome]] = {
    "litert": _hexagon_delegate,
    "qnn": _qnn_net_run,
}


def _artifact(candidate: Candidate) -> Path:
    if candidate.artifact is None:
        raise UnavailableError(f"no artifact of this model for {candidate.backend} in --out: arllie-export makes one")
    return candidate.artifact


def _outcome(on_phone: OnPhone, candidate: Candidate, tool: BenchmarkModel | QnnNetRun) -> Outcome:
    task = on_phone.task
    outcome = tool.outcome(task.subject.frames[0], _judge(task, candidate), task.rounds, on_phone.scratch)
    if outcome.status is Status.MEASURED and on_phone.phone.emulated:
        timeless = replace(outcome, infer_ms=None, kernel_ms=None, memory_bytes=None)
        return replace(timeless, status=Status.EMULATED, reason=EMULATED_REASON)
    return outcome


def _judge(task: Task, candidate: Candidate) -> Judge:
    """By the candidate's own model, since integers may need another member of the family, or by form alone."""
    frame, limit = task.subject.frames[0], task.limits[candidate.precision]
    if candidate.unjudged is not None:
        return lambda tensor, output: (None, form_problem(tensor, output, frame.shape))
    reference = (candidate.enhancer or task.subject.one_layer).reference(to_unit(frame))
    return lambda tensor, output: judge(tensor, output, reference, limit)


def _guarded(work: Callable[[], Outcome]) -> Outcome:
    try:
        return work()
    except ArllieError as error:
        return outcome_of(error)
    except OSError as error:
        return Outcome(status=Status.FAILED, reason=f"{error.strerror or error}: {error.filename}")


def _filled(task: Task, backend: str, found: Sequence[Found], rest: Outcome, device: str) -> list[Row]:
    """The rows of a backend; where they ended early, one for each entry that was not reached."""
    late = [
        replace(entry, device=device) if isinstance(entry, Row) else rest.row(entry, device)
        for entry in _entries(task, backend)[len(found) :]
    ]
    return [*(each.row for each in found), *late]
