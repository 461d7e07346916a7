"""Qualcomm's own runner `qnn-net-run` on a phone: a context of the HTP, checked, then timed.

Options and files as in "qnn-net-run" of the SDK's documentation (QAIRT 2.29 to 2.44, docs/QNN/general/tools.html) and
in its tutorial for Android: LD_LIBRARY_PATH and ADSP_LIBRARY_PATH are the folder with everything in it; a line of the
input list is NAME:=FILE; without --use_native_input_files and --use_native_output_files both files are float32 whatever
the graph's own type is; the first output is Result_0/NAME.raw, and the profile qnn-profiling-data_N.log beside it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.bench.adb.benchmark_model import Rounds
from arllie_deploy.bench.adb.client import Printed
from arllie_deploy.bench.adb.outcome import Judge, Outcome, outcome_of
from arllie_deploy.bench.adb.qnn_profile import Profile, read_log
from arllie_deploy.bench.adb.qnn_sdk import QnnFiles, find_files
from arllie_deploy.bench.adb.session import Session
from arllie_deploy.bench.statistics import summarize
from arllie_deploy.bench.status import Status
from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.frames import to_frame
from arllie_deploy.runtimes.layout import from_tensor, to_tensor

_PROGRAM, _BACKEND, _CONTEXT = "qnn-net-run", "libQnnHtp.so", "context.bin"
_INPUT, _LIST, _OUT, _RESULT, _OUTPUT = "input.raw", "inputs.txt", "out", "Result_0", "output.raw"
_LOG = re.compile(r"qnn-profiling-data(?:_(\d+))?\.log")
_TIMEOUT_S = 180.0
# Of each run of the tool: executions that do not count, and those that do.
_WARM_UP, _CALLS = 3, 5
# A second run into the same folder would number its log on, so each begins without one. $0 is the folder.
_AFRESH = 'rm -rf "$0" && exec "$@"'


@dataclass(frozen=True)
class Context:
    """A compiled graph.

    Attributes:
        binary: its file.
        arch: the generation of the HTP that it is for.
    """

    binary: Path
    arch: int


def context_of(artifact: Path, arch: int | None, soc: str | None) -> Context:
    """The context of an exported `qnn-htp` artifact that a phone's HTP takes; it lies beside the .onnx.

    Args:
        artifact: the main file, which has the graph's name.
        arch: of the phone's HTP; None is unknown.
        soc: what the phone says it is.

    Raises:
        UnavailableError: if the artifact has none for it.
    """
    begin = f"{artifact.stem}-v"
    numbers = {path.stem.removeprefix(begin): path for path in artifact.parent.glob("*.bin") if begin in path.stem}
    binaries = {int(number): path for number, path in numbers.items() if number.isdecimal()}
    known = ", ".join(f"v{each}" for each in sorted(binaries)) or "no HTP"
    if arch is None:
        raise UnavailableError(
            f"it is not known which HTP a phone with {soc or 'an unnamed chip'} has; {artifact.name} is for {known}"
        )
    if arch not in binaries:
        raise UnavailableError(f"the HTP of {soc} is v{arch}; {artifact.name} has contexts for {known}")
    return Context(binaries[arch], arch)


class QnnNetRun:
    """The tool in a session, with its files on the phone.

    Args:
        session: on the phone.
        sdk: folder of the user's SDK.
        context: to run.

    Raises:
        ArllieError: if a file is missing, cannot be read or cannot be copied.
    """

    def __init__(self, session: Session, sdk: Path, context: Context) -> None:
        self._files: QnnFiles = find_files(sdk, context.arch)
        self._session, self._context = session, context
        session.put(self._files.runner, _PROGRAM, executable=True)
        for library in self._files.libraries:
            session.put(library, library.name)
        session.put(context.binary, _CONTEXT)

    def outcome(self, frame: NDArray[np.uint8], judge: Judge, rounds: Rounds, scratch: Path) -> Outcome:
        """Check the output, then time.

        Args:
            frame: a dark frame (height, width, 3).
            judge: of the output.
            rounds: how many runs of the tool are timed.
            scratch: a folder for files on their way.
        """
        (scratch / _INPUT).write_bytes(to_tensor(frame, "NCHW").astype("<f4").tobytes())
        (scratch / _LIST).write_text(f"input:={self._session.put(scratch / _INPUT, _INPUT)}\n")
        self._session.put(scratch / _LIST, _LIST)
        self._run(1)
        checked = self._check(frame.shape, judge, scratch)
        if checked.status is not Status.MEASURED:
            return checked
        try:
            return self._timed(checked, rounds, scratch)
        except ArllieError as error:
            # What is proven stays; without the profile there is no time, for that of the whole program is another.
            status = outcome_of(error).status
            return replace(checked, status=status, reason=f"its output is right, but it has no time: {error}")

    def _timed(self, checked: Outcome, rounds: Rounds, scratch: Path) -> Outcome:
        if not self._profile(scratch).accelerator_us:
            reason = "nothing in its profile says that the HTP executed anything"
            return replace(checked, status=Status.FALLBACK, reason=reason, executed_by=None)
        calls: list[float] = []
        accelerator: list[float] = []
        for _ in range(rounds.rounds):
            self._run(_WARM_UP + _CALLS)
            profile = self._profile(scratch)
            if not len(profile.calls_us) == len(profile.accelerator_us) == _WARM_UP + _CALLS:
                found = f"{len(profile.calls_us)} by the runner's clock and {len(profile.accelerator_us)} by the HTP's"
                raise ArllieError(f"its profile has {found} of {_WARM_UP + _CALLS} executions")
            calls.extend(time / 1000 for time in profile.calls_us[_WARM_UP:])
            accelerator.extend(time / 1000 for time in profile.accelerator_us[_WARM_UP:])
        return replace(checked, infer_ms=summarize(calls), kernel_ms=summarize(accelerator))

    def _run(self, executions: int) -> None:
        """Run the tool once.

        Raises:
            ArllieError: if it fails.
        """
        path, folder = self._session.path, self._session.folder
        options = {
            "backend": path(_BACKEND),
            "retrieve_context": path(_CONTEXT),
            "input_list": path(_LIST),
            "output_dir": path(_OUT),
            "num_inferences": str(executions),
            "keep_num_outputs": "1",
            "profiling_level": "basic",
            "perf_profile": "burst",
        }
        tool = [path(_PROGRAM), *(word for name, value in options.items() for word in (f"--{name}", value))]
        settings = {"LD_LIBRARY_PATH": folder, "ADSP_LIBRARY_PATH": folder}
        printed = self._session.run(["sh", "-c", _AFRESH, path(_OUT), *tool], _TIMEOUT_S, settings)
        if printed.status != 0:
            raise ArllieError(
                f"qnn-net-run ended with status {printed.status}: {_last_words(printed)} (the context is for HTP "
                f"v{self._context.arch}; it needs an SDK that is not older than the QNN that compiled it)"
            )

    def _check(self, shape: tuple[int, ...], judge: Judge, scratch: Path) -> Outcome:
        """Measured, still without a time, or wrong or failed."""
        try:
            self._session.get(_OUTPUT, scratch / _OUTPUT, (_OUT, _RESULT))
        except ArllieError as error:
            return Outcome(status=Status.FAILED, reason=f"qnn-net-run wrote no {_RESULT}/{_OUTPUT}: {error}")
        tensor = _decoded((scratch / _OUTPUT).read_bytes(), shape)
        # What is not finite becomes black, and the judge has seen it in the tensor.
        whole = np.nan_to_num(tensor, posinf=0.0, neginf=0.0).clip(0.0, 1.0)
        parity, wrong = judge(tensor, to_frame(whole, np.uint8))
        return Outcome(
            status=Status.MEASURED if wrong is None else Status.WRONG,
            reason=wrong,
            executed_by=f"Qualcomm HTP v{self._context.arch}",
            parity=parity,
            dark_psnr_db=parity.psnr_db if parity is not None else None,
        )

    def _profile(self, scratch: Path) -> Profile:
        """Of the last run."""
        listed = self._session.ask(["ls", self._session.path(_OUT)]).text.split()
        logs = sorted(filter(_LOG.fullmatch, listed), key=lambda name: (len(name), name))
        if not logs:
            raise ArllieError("qnn-net-run wrote no qnn-profiling-data log")
        profiles = []
        for name in logs:
            self._session.get(name, scratch / name, (_OUT,))
            profiles.append(read_log(self._files, scratch / name))
        return Profile(
            tuple(time for profile in profiles for time in profile.calls_us),
            tuple(time for profile in profiles for time in profile.accelerator_us),
        )


def _decoded(data: bytes, shape: tuple[int, ...]) -> NDArray[Any]:
    """The output file as a frame of `shape`, (height, width, 3), float32."""
    height, width, channels = shape
    wanted = 4 * math.prod(shape)
    if len(data) != wanted:
        raise ArllieError(f"its output has {len(data)} bytes, a float32 frame of {width}x{height} has {wanted}")
    return np.ascontiguousarray(from_tensor(np.frombuffer(data, "<f4").reshape(1, channels, height, width), "NCHW"))


def _last_words(printed: Printed) -> str:
    lines = [line.strip() for line in printed.text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    # The last error is what failed, the one before it why.
    return "; ".join(errors[-2:] or lines[-1:] or ["it printed nothing"])[:300]
