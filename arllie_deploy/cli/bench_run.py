"""From what was asked to what was measured: on this machine, or on a phone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.bench.backends import Backend, Entry
from arllie_deploy.bench.candidate import Subject
from arllie_deploy.bench.contestant import Settings
from arllie_deploy.bench.demand import refuse_too_large, rotation_length
from arllie_deploy.bench.load import load_warnings, sample_load
from arllie_deploy.bench.machine import describe_machine, load_average
from arllie_deploy.bench.protocol import Measurement, measure
from arllie_deploy.bench.result import Result, compose
from arllie_deploy.bench.run_folder import RunFolder
from arllie_deploy.bench.timed_network import TimedNetwork
from arllie_deploy.cli.artifacts import DEFAULT_PRECISIONS, artifacts, candidate_of, targets_here
from arllie_deploy.cli.bench_request import DEFAULT_MODEL, Request
from arllie_deploy.cli.output import progress
from arllie_deploy.cli.size import parse_size
from arllie_deploy.errors import ArllieError
from arllie_deploy.export.parity import LIMITS, Limit, mirrored
from arllie_deploy.export.targets import TARGETS
from arllie_deploy.models import find_any, find_fixed_model
from arllie_deploy.networks.network import Network
from arllie_deploy.pictures.dark_set import dark_pictures
from arllie_deploy.pictures.night import night_picture
from arllie_deploy.runtimes.network_colors import refuse_other_frames
from arllie_deploy.runtimes.padded import refuse_smaller

if TYPE_CHECKING:
    from arllie_deploy.bench.adb.rows import Task

# What was measured, and by position in its rows what their engines made of the first frame.
Measured = tuple[Result, Mapping[int, NDArray[np.uint8]]]
# How rows of a phone name it.
_PHONE = "phone"
_PHONE_PRECISION = "int8"
# What a phone's accelerators execute.
_PHONE_TARGETS = {"npu": "tflite-nnapi", "dsp": "tflite-hexagon"}
# What its processor executes, beside a runner of any model.
_PROCESSOR_TARGET = "native-arm64-android"
# What Qualcomm's own runner executes there, where the user has it.
_HTP_TARGET = "qnn-htp"


def subject_of(request: Request) -> Subject:
    """The model and the frames.

    Raises:
        ArllieError: if there is no such model or size, or too little memory for it.
    """
    wanted = parse_size(request.size)
    model = DEFAULT_MODEL if request.foreign else request.model
    network = find_any(model)
    enhancer = TimedNetwork(network) if isinstance(network, Network) else find_fixed_model(model)
    if isinstance(enhancer, TimedNetwork):
        refuse_other_frames(enhancer.network, "arllie-bench")
        refuse_smaller(wanted[1], wanted[0], enhancer.network.minimum)
    refuse_too_large(wanted)
    more = _thread_counts(request.threads or describe_machine().cores) if request.full else ()
    return Subject(enhancer, _frames(wanted, rotation_length(wanted)), request.threads, more)


def refuse_wrong_use(request: Request, backends: Sequence[Backend]) -> None:
    """What can be known to be wrong before anything is written.

    Raises:
        ArllieError: if the device asked for is no phone, a backend is none of a phone's, or a file cannot be timed.
    """
    if request.foreign is not None:
        from arllie_deploy.bench.peers.inspection import inspect

        inspect(request.foreign)
    if request.device is None:
        return
    from arllie_deploy.bench.adb.client import check_serial
    from arllie_deploy.bench.adb.rows import BACKENDS

    if request.serial is not None:
        check_serial(request.serial)
    if foreign := [backend.name for backend in backends if backend.name not in BACKENDS]:
        raise ArllieError(f"--backends {foreign[0]} is none of a phone's; with --device give {','.join(BACKENDS)}")


def measure_here(request: Request, backends: Sequence[Backend], subject: Subject, folder: RunFolder) -> Measured:
    """Everything on this machine."""
    settings = Settings(sustained_s=request.sustained)
    machine, before = describe_machine(), sample_load()
    with progress() as bar:
        task = bar.add_task("preparing", total=None)

        def say(name: str) -> None:
            bar.update(task, description=f"exporting {name}")

        def report(done: int, total: int) -> None:
            bar.update(task, description="timing", completed=done, total=total)

        entries = entries_here(request, backends, subject, folder.out, say)
        bar.update(task, description="checking")
        measurement = measure(subject, entries, limits=limits_of(subject), settings=settings, progress=report)
    after = sample_load() if measurement.complete else None
    result = compose(
        measurement,
        subject,
        run_id=folder.run_id,
        started=folder.started,
        command=request.command(),
        settings=settings,
        machine=machine,
        warnings=load_warnings(before, after),
        load_average_after=load_average(),
    )
    return result, measurement.outputs


def limits_of(subject: Subject) -> Mapping[str, Limit]:
    """Precision -> what an output must keep: a network says itself how far its artifacts may be from it."""
    if not isinstance(subject.enhancer, TimedNetwork):
        return LIMITS
    limits = subject.enhancer.network.limits
    return {
        "fp32": Limit(max_abs=limits.fp32_max_abs),
        "fp16": Limit(dark_psnr_db=limits.fp16_db),
        "int8": Limit(dark_psnr_db=limits.int8_db),
    }


def entries_here(
    request: Request, backends: Sequence[Backend], subject: Subject, out: Path, say: Callable[[str], None]
) -> list[Entry]:
    """What to time, and the rows that are decided already.

    Args:
        request: what was asked for.
        backends: rows of the table.
        subject: the model and the frames.
        out: folder of the artifacts.
        say: told the name of each artifact before it is made.
    """
    entries: list[Entry] = []
    for backend in backends:
        wanted = targets_here(backend.name) if request.foreign is None else []
        made = artifacts(wanted, subject, _precisions(request), out, say)
        entries.extend(backend.entries(subject, made))
    if request.foreign is not None:
        from arllie_deploy.bench.peers.entries import foreign_entry

        entries.append(foreign_entry(request.foreign, subject))
    if request.peers:
        from arllie_deploy.bench.peers.entries import peer_entries

        entries.extend(peer_entries(subject, out))
    return entries


def measure_phone(request: Request, backends: Sequence[Backend], subject: Subject, folder: RunFolder) -> Measured:
    """Everything on one phone; its serial number is in no row."""
    from arllie_deploy.bench.adb.client import Server
    from arllie_deploy.bench.adb.rows import rows_of_phone

    serial, task = request.serial, _phone_task(request, backends, subject, folder.out)
    machine = describe_machine()
    with progress() as bar:
        bar.add_task(f"timing on {request.device}", total=None)
        found = rows_of_phone(Server(), serial, task, folder.run_id, _PHONE)
    warnings = [f"something is still on the phone: {found.left_behind}"] if found.left_behind else []
    if found.interruptions:
        warnings.append(f"the phone was lost and came back {found.interruptions} times")
    result = compose(
        Measurement(found.rows, found.floor, found.complete),
        subject,
        run_id=folder.run_id,
        started=folder.started,
        command=request.command(),
        settings=Settings(),
        machine=machine,
        warnings=warnings,
        phone_before=found.before,
        phone_after=found.after,
    )
    return result, {}


def _phone_task(request: Request, backends: Sequence[Backend], subject: Subject, out: Path) -> "Task":
    from arllie_deploy.bench.adb.rows import Task, Tools

    names = [backend.name for backend in backends]
    wanted = {
        name: artifacts([TARGETS[target]], subject, (_PHONE_PRECISION,), out, lambda artifact: None)
        for name, target in _PHONE_TARGETS.items()
        if name in names
    }
    if "cpu" in names:
        target = TARGETS[_PROCESSOR_TARGET]
        wanted["cpu"] = artifacts([target], _alone(subject), target.precisions, out, lambda artifact: None)
    if "dsp" in names:
        wanted["dsp"] = [*wanted["dsp"], _htp_entry(request, subject, out)]
    return Task(
        backends=names,
        subject=subject,
        artifacts=wanted,
        tools=Tools(
            runner=request.runner,
            benchmark_model=request.benchmark_model,
            hexagon_libraries=request.hexagon_libraries,
            qnn_sdk=request.qnn_sdk,
        ),
        limits=LIMITS,
    )


def _htp_entry(request: Request, subject: Subject, out: Path) -> Entry:
    """The HTP of a phone, as a signal processor; its contexts are made only for whoever has Qualcomm's runner."""
    target = TARGETS[_HTP_TARGET]
    missing = replace(candidate_of(target, _PHONE_PRECISION, subject), backend="dsp")
    if request.qnn_sdk is None:
        return missing
    [entry] = artifacts([target], _alone(subject), (_PHONE_PRECISION,), out, lambda artifact: None)
    return replace(entry, backend=missing.backend)


def _alone(subject: Subject) -> Subject:
    """For a tool that has no choice of threads."""
    return replace(subject, threads=None, more_threads=())


def _precisions(request: Request) -> tuple[str, ...]:
    return tuple(LIMITS) if request.full else DEFAULT_PRECISIONS


def _thread_counts(most: int) -> tuple[int, ...]:
    """1, 2, 4, … below `most`, which is timed in any case."""
    return tuple(1 << power for power in range((most - 1).bit_length()))


def _frames(size: tuple[int, int], count: int) -> list[NDArray[Any]]:
    """Different dark pictures continued to `size` (width, height), the one of the report first."""
    pictures = [night_picture(), *dark_pictures().values()]
    return [mirrored(picture, *size) for picture in pictures[:count]]
