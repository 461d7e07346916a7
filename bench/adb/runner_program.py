"""A static program on the phone's processor that follows the runner's protocol: checked, then timed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.bench.adb.outcome import EMULATED_REASON, Judge, Outcome
from arllie_deploy.bench.adb.session import Session
from arllie_deploy.bench.floor import FloorTimes
from arllie_deploy.bench.runner.build import build
from arllie_deploy.bench.runner.protocol import Report, parse_report, read_output, request
from arllie_deploy.bench.statistics import Timing, summarize
from arllie_deploy.bench.status import Status
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError, UnavailableError

_PROGRAM, _TIMEOUT_S = "runner", 300.0
_ABI = "arm64-v8a"
_WARM_UP = 3
# A program that would take longer for all its runs of one kind does fewer, but at least so many.
_SHARE_MS, _LEAST_RUNS = 10_000.0, 5

Kind = Literal["float", "uint8"]
#: What a runner of any model computes on; what is timed as infer comes first, end to end last.
FLOATS_AND_BYTES: Sequence[Kind] = ("float", "uint8")
#: What the native kernel's runner computes on, which has one model inside and refuses any other.
BYTES: Sequence[Kind] = ("uint8",)


def runner_of(artifact: Path | None, given: Path | None, abi: str | None, scratch: Path) -> tuple[Path, Sequence[Kind]]:
    """The program to send, and what it computes on.

    Args:
        artifact: the native kernel's library, whose runner lies beside it; None for a runner of any model.
        given: the user's runner of any model; without it ours is made.
        abi: of the phone, as Android names it; None where it does not say.
        scratch: a folder for ours.

    Raises:
        UnavailableError: if ours is for another processor, or cannot be made here.
    """
    if given is not None and artifact is None:
        return given, FLOATS_AND_BYTES
    if abi not in (None, _ABI):
        raise UnavailableError(f"the runner is made for {_ABI}, the phone is {abi}")
    if artifact is not None:
        return artifact.with_name(f"{artifact.stem}-runner"), BYTES
    build(scratch / "our-runner")
    return scratch / "our-runner", FLOATS_AND_BYTES


def run_on_processor(
    session: Session,
    program: Path,
    enhancer: Enhancer,
    frame: NDArray[np.uint8],
    *,
    kinds: Sequence[Kind],
    judge: Judge,
    runs: int,
    emulated: bool,
    scratch: Path,
) -> Outcome:
    """Check every kind of output, then time each.

    Args:
        session: on the phone.
        program: static, for the phone's processor.
        enhancer: the model.
        frame: a dark frame (height, width, 3).
        kinds: what the program computes on.
        judge: of the outputs.
        runs: timed calls of each kind, fewer where they take long.
        emulated: whether the phone is an emulator: then bytes are proven and nothing is timed.
        scratch: a folder for files on their way.
    """
    if not program.is_file():
        raise ArllieError(f"{program}: no such file; a static program for the phone's processor is needed")
    session.put(program, _PROGRAM, executable=True)
    frames: dict[Kind, NDArray[Any]] = {kind: _values(frame) if kind == "float" else frame for kind in kinds}
    outputs: dict[Kind, NDArray[Any]] = {}
    for kind, pixels in frames.items():
        (scratch / f"{kind}.request").write_bytes(request(enhancer, pixels))
        session.put(scratch / f"{kind}.request", f"{kind}.request")
        report, outputs[kind] = _call(session, kind, pixels, 0, 1, scratch)
    parity, wrong = judge(_values(outputs[kinds[0]]), outputs[kinds[-1]])
    checked = Outcome(
        status=Status.MEASURED if wrong is None else Status.WRONG,
        reason=wrong,
        threads=report.threads,
        executed_by=report.engine,
        parity=parity,
        dark_psnr_db=parity.psnr_db if parity is not None else None,
    )
    if wrong is not None:
        return checked
    if emulated:
        return replace(checked, status=Status.EMULATED, reason=EMULATED_REASON)
    affordable = min(runs, max(_LEAST_RUNS, int(_SHARE_MS / max(report.runs_ms[0], 1e-3))))
    timed = {kind: _call(session, kind, pixels, _WARM_UP, affordable, scratch)[0] for kind, pixels in frames.items()}
    return _measured(timed[kinds[0]], timed[kinds[-1]], checked, frame.nbytes)


def _values(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """Bytes as float32 of [0, 1]; floats as they are."""
    if pixels.dtype != np.uint8:
        return pixels
    values: NDArray[np.float32] = np.divide(pixels, np.float32(255), dtype=np.float32)
    return values


def _call(
    session: Session, kind: str, pixels: NDArray[Any], warm_up: int, runs: int, scratch: Path
) -> tuple[Report, NDArray[Any]]:
    """Run the program once; what it printed, and the frame it wrote."""
    output = f"{kind}.output"
    words = [session.path(_PROGRAM), session.path(f"{kind}.request"), session.path(output), str(warm_up), str(runs)]
    printed = session.run(words, _TIMEOUT_S)
    if printed.status != 0:
        last = next(
            (line.strip() for line in reversed(printed.text.splitlines()) if line.strip()), "it printed nothing"
        )
        raise ArllieError(f"the runner ended with status {printed.status}: {last[:200]}")
    report = parse_report(printed.text)
    session.get(output, scratch / output)
    return report, read_output((scratch / output).read_bytes(), pixels)


def _measured(infer: Report, whole: Report, checked: Outcome, frame_bytes: int) -> Outcome:
    end_to_end, floor = summarize(whole.runs_ms), _floor(whole, frame_bytes)
    return replace(
        checked,
        infer_ms=summarize(infer.runs_ms),
        end_to_end_ms=end_to_end,
        memory_bytes=whole.peak_memory_bytes,
        x_copy_hot=_ratio(end_to_end, floor.copy_hot_ms) if floor else None,
        x_copy_cold=_ratio(end_to_end, floor.copy_cold_ms) if floor else None,
        floor=floor,
    )


def _floor(report: Report, frame_bytes: int) -> FloorTimes | None:
    if not report.copies_hot_ms or not report.copies_cold_ms:
        return None
    copies = summarize(report.copies_hot_ms), summarize(report.copies_cold_ms)
    return FloorTimes(*copies, frame_bytes, report.copy_pairs)


def _ratio(time: Timing, copy: Timing) -> float | None:
    return time.p50 / copy.p50 if copy.p50 > 0 else None
