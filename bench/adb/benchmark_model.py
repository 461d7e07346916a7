"""TFLite's own `benchmark_model` on a phone: which flags, which files, and what is believed of its report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.bench.adb.benchmark_report import BenchmarkReport, Delegation, parse_report
from arllie_deploy.bench.adb.client import Printed
from arllie_deploy.bench.adb.outcome import Judge, Outcome
from arllie_deploy.bench.adb.session import Session
from arllie_deploy.bench.adb.tflite_tensors import read_graph
from arllie_deploy.bench.statistics import summarize
from arllie_deploy.bench.status import Status
from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import to_frame

_PROGRAM, _GRAPH, _INPUT, _OUTPUT = "benchmark_model", "graph.tflite", "input.bin", "output.bin"
_TIMEOUT_S = 180.0
# Without the first two there is no parity, without the others no accelerator: a time would mean nothing.
_NEEDED = ("--input_layer_value_files", "--output_filepath", "--use_nnapi", "--disable_nnapi_cpu", "--use_hexagon")


@dataclass(frozen=True)
class Accelerator:
    """What the tool is asked to use.

    Attributes:
        name: as the tool and its delegates call it.
        flags: that ask for it.
        libraries: files of the user's that lie beside the program; they are also where its own loader looks.
    """

    name: str
    flags: tuple[str, ...]
    libraries: tuple[Path, ...] = ()


NNAPI = Accelerator("NNAPI", ("--use_nnapi=true", "--disable_nnapi_cpu=true"))
HEXAGON = Accelerator("Hexagon", ("--use_hexagon=true",))


def hexagon(folder: Path) -> Accelerator:
    """Hexagon with the delegate's libraries (libhexagon_interface.so, libhexagon_nn_skel*.so) that lie in `folder`.

    Raises:
        ArllieError: if there are none.
    """
    libraries = tuple(sorted(folder.glob("libhexagon*.so"))) if folder.is_dir() else ()
    for needed in ("libhexagon_interface", "libhexagon_nn_skel"):
        if not any(path.name.startswith(needed) for path in libraries):
            raise ArllieError(f"{folder}: no {needed}*.so of the Hexagon delegate in this folder")
    return replace(HEXAGON, libraries=libraries)


@dataclass(frozen=True)
class Rounds:
    """How often and how long.

    Attributes:
        rounds: runs of the tool; of each the first and the last of two calls count, since it prints only these exactly.
        warm_up_s: calls before them in every run, for at least so long.
    """

    rounds: int = 10
    warm_up_s: float = 0.5


class BenchmarkModel:
    """The tool in a session, with its files on the phone.

    Args:
        session: on the phone.
        program: of the user's, for the phone's processor.
        artifact: the .tflite file.
        accelerator: to ask for.
        threads: for what is left to the processor; None is the tool's choice.

    Raises:
        ArllieError: if a file cannot be read or copied.
    """

    def __init__(
        self, session: Session, program: Path, artifact: Path, accelerator: Accelerator, threads: int | None
    ) -> None:
        if not program.is_file():
            raise ArllieError(f"{program}: no such file; --benchmark-model is TFLite's program for the phone")
        self._session, self._accelerator, self._threads = session, accelerator, threads
        self._graph = read_graph(artifact)
        session.put(program, _PROGRAM, executable=True)
        session.put(artifact, _GRAPH)
        for library in accelerator.libraries:
            session.put(library, library.name)

    def outcome(self, frame: NDArray[np.uint8], judge: Judge, rounds: Rounds, scratch: Path) -> Outcome:
        """Check the output, then time.

        Args:
            frame: a dark frame (height, width, 3).
            judge: of the output.
            rounds: see there.
            scratch: a folder for files on their way.
        """
        (scratch / _INPUT).write_bytes(self._graph.input.encode(frame))
        self._session.put(scratch / _INPUT, _INPUT)
        report, refused = self._run(1, 0.0, ("--report_peak_memory_footprint=true",))
        if refused is not None:
            return refused
        checked = self._check(report, judge, scratch)
        if checked.status is not Status.MEASURED:
            return checked
        times_ms: list[float] = []
        for _ in range(rounds.rounds):
            report, refused = self._run(2, rounds.warm_up_s)
            if refused is not None:
                return refused
            if report.inference is not None:
                times_ms.extend(time / 1000 for time in report.inference.calls_us)
        return replace(checked, infer_ms=summarize(times_ms))

    def _run(self, calls: int, warm_up_s: float, more: Sequence[str] = ()) -> tuple[BenchmarkReport, Outcome | None]:
        """One run of the tool; the outcome if it is over with it."""
        words = [self._session.path(_PROGRAM), *self._flags(calls, warm_up_s), *more]
        # The delegate's loader finds its DSP's libraries by a flag, and the linker its own only by this.
        settings = {"LD_LIBRARY_PATH": self._session.folder} if self._accelerator.libraries else {}
        printed = self._session.run(words, _TIMEOUT_S, settings)
        report = parse_report(printed.text, self._accelerator.name)
        return report, refusal(report, printed, self._accelerator)

    def _check(self, report: BenchmarkReport, judge: Judge, scratch: Path) -> Outcome:
        """Measured, still without a time, or wrong or failed."""
        try:
            self._session.get(_OUTPUT, scratch / _OUTPUT)
        except ArllieError as error:
            return Outcome(status=Status.FAILED, reason=f"benchmark_model wrote no output: {error}")
        finally:
            self._session.ask(["rm", "-f", self._session.path(_OUTPUT)])
        tensor = self._graph.output.decode((scratch / _OUTPUT).read_bytes())
        # What is not finite becomes black, and the judge has seen it in the tensor.
        whole = np.nan_to_num(tensor, posinf=0.0, neginf=0.0).clip(0.0, 1.0)
        parity, wrong = judge(tensor, to_frame(whole, np.uint8))
        return Outcome(
            status=Status.MEASURED if wrong is None else Status.WRONG,
            reason=wrong,
            threads=self._threads,
            executed_by=self._accelerator.name,
            parity=parity,
            dark_psnr_db=parity.psnr_db if parity is not None else None,
            memory_bytes=report.peak_memory_bytes if wrong is None else None,
            nodes_delegated=report.delegation.delegated,
            nodes_total=report.delegation.total,
        )

    def _flags(self, calls: int, warm_up_s: float) -> list[str]:
        path, name = self._session.path, self._graph.input.name
        flags = {
            "graph": path(_GRAPH),
            "input_layer": name,
            "input_layer_shape": ",".join(map(str, self._graph.input.shape)),
            "input_layer_value_files": f"{name}:{path(_INPUT)}",
            "output_filepath": path(_OUTPUT),
            "num_runs": calls,
            "min_secs": 0,
            "warmup_runs": 1,
            "warmup_min_secs": warm_up_s,
        }
        if self._threads is not None:
            flags["num_threads"] = self._threads
        if self._accelerator.libraries:
            flags["hexagon_lib_path"] = self._session.folder
        return [*(f"--{key}={value}" for key, value in flags.items()), *self._accelerator.flags]


def refusal(report: BenchmarkReport, printed: Printed, accelerator: Accelerator) -> Outcome | None:
    """Why a run is not to be believed, as an outcome; None if it is."""
    flags = [flag.split("=")[0] for flag in report.unknown_flags]
    missing = [flag for flag in _NEEDED if flag in flags]
    if missing:
        reason = (
            f"this benchmark_model does not know {', '.join(missing)}; take a newer one, built for {accelerator.name}"
        )
        return Outcome(status=Status.FAILED, reason=reason)
    fallback = fallback_reason(report, accelerator)
    taken, total = report.delegation.delegated, report.delegation.total
    fell_back = Outcome(
        status=Status.FALLBACK,
        reason=fallback,
        executed_by=f"{accelerator.name} and the processor" if taken else "the processor",
        nodes_delegated=taken,
        nodes_total=total,
    )
    if report.refusal is not None:
        return fell_back
    if printed.status != 0 or report.inference is None or not report.inference.calls_us:
        said = report.last_error or _last_line(printed.text)
        return Outcome(status=Status.FAILED, reason=f"benchmark_model ended with status {printed.status}: {said}")
    if not report.delegation.complete:
        return fell_back
    return None


def fallback_reason(report: BenchmarkReport, accelerator: Accelerator) -> str:
    """What executed the graph in the place of the accelerator."""
    has = f"; NNAPI has here: {', '.join(report.accelerators)}" if report.accelerators else ""
    if report.refusal is not None:
        return f"{accelerator.name} was refused ({report.refusal}), and the processor executed the graph{has}"
    return f"{_share(report.delegation, accelerator.name)}, the processor the rest{has}"


def _share(delegation: Delegation, name: str) -> str:
    if delegation.delegated is not None:
        return f"{name} executed {delegation.delegated} of {delegation.total} nodes"
    if delegation.verdict == "partially":
        return f"{name} executed a part of the graph"
    if delegation.verdict == "not":
        return f"{name} executed nothing"
    return f"nothing in its log says that {name} executed anything"


def _last_line(text: str) -> str:
    return next((line.strip()[:200] for line in reversed(text.splitlines()) if line.strip()), "it printed nothing")
