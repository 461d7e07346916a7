"""Several devices at once: each runs arllie-bench in a process of its own, and their rows become one result.

A device that cannot be reached, has no arllie-bench, hangs or answers nonsense costs one row, which says why.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from arllie_deploy.bench import ssh
from arllie_deploy.bench.contestant import Settings
from arllie_deploy.bench.device_facts import DeviceFacts
from arllie_deploy.bench.fleet_file import AdbDevice, Device, SshDevice
from arllie_deploy.bench.fleet_process import FleetProcess, close_stdin, interrupt
from arllie_deploy.bench.machine import describe_machine
from arllie_deploy.bench.result import SCHEMA_VERSION, ModelFacts, Result, tool_versions
from arllie_deploy.bench.result_file import parse_result
from arllie_deploy.bench.row import Row
from arllie_deploy.bench.status import Status
from arllie_deploy.errors import ArllieError

_POLL_S = 0.1
_PROGRAM = "from arllie_deploy.cli import bench; bench()"
# Of arllie-bench: done, a row is wrong or failed, interrupted. With each of them it prints a result.
_WITH_RESULT = (0, 1, 130)


@dataclass(frozen=True)
class Order:
    """What every device is asked for.

    Attributes:
        options: of arllie-bench, without where the result goes and how it is printed.
        out: folder; what a device of this machine writes goes to out/devices/NAME.
        backends: the words of `--backends`.
        model: that must have been run.
        size: WIDTHxHEIGHT that must have been run.
    """

    options: Sequence[str]
    out: Path
    backends: str
    model: ModelFacts
    size: str


class Phase(StrEnum):
    """Where a device stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Standing:
    """A line of the live table: the device, its phase, the seconds since its start or to its end, what came of it."""

    device: Device
    phase: Phase
    seconds: float
    text: str


@dataclass(frozen=True)
class Fleet:
    """What the devices gave.

    Attributes:
        rows: of all devices, in the order of the file; each carries its device.
        devices: name -> what is known of those that gave a result.
        complete: whether every device came to its end, and every round of it was done.
        warnings: of all devices, each with its name.
    """

    rows: tuple[Row, ...]
    devices: Mapping[str, DeviceFacts]
    complete: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Outcome:
    rows: tuple[Row, ...]
    standing: Standing
    facts: DeviceFacts | None = None
    warnings: tuple[str, ...] = ()


# Called several times a second with a line per device.
Report = Callable[[Sequence[Standing]], None]


def run_fleet(devices: Sequence[Device], order: Order, report: Report = lambda standings: None) -> Fleet:
    """Run all devices at once and wait for them.

    After Ctrl-C every device is told to end; what they measured until then is kept, and `complete` is false.
    """
    with tempfile.TemporaryDirectory(prefix="arllie-fleet-") as scratch:
        running: dict[str, FleetProcess] = {}
        outcomes: dict[str, _Outcome] = {}
        interrupted = False
        try:
            for device in devices:
                _start(device, order, Path(scratch), running, outcomes)
            while running:
                try:
                    _collect(devices, order, running, outcomes, report)
                except KeyboardInterrupt:
                    if interrupted:
                        raise
                    interrupted = True
                    for process in running.values():
                        process.stop("interrupted")
        finally:
            for process in running.values():
                process.kill()
    ended = [outcomes[device.name] for device in devices]
    facts = {device.name: one.facts for device, one in zip(devices, ended, strict=True) if one.facts is not None}
    complete = not interrupted and all(one.complete for one in facts.values())
    warnings = tuple(warning for one in ended for warning in one.warnings)
    return Fleet(tuple(row for one in ended for row in one.rows), facts, complete, warnings)


def merge(fleet: Fleet, order: Order, *, run_id: str, started: str, command: str) -> Result:
    """One result of all devices.

    `machine` and `tools` are those of this machine; the devices' own, and their copy floors, are in `devices`.
    """
    return Result(
        schema_version=SCHEMA_VERSION,
        run_id=run_id,
        started=started,
        complete=fleet.complete,
        command=command,
        model=order.model,
        size=order.size,
        settings=Settings(),
        machine=describe_machine(),
        tools=tool_versions(),
        floor=None,
        rows=fleet.rows,
        warnings=fleet.warnings,
        devices=fleet.devices,
    )


def words_of(device: Device, order: Order) -> list[str]:
    """The argument list that runs a device.

    Raises:
        ArllieError: if its serial can be none, or this machine has no ssh program.
    """
    options = [*order.options, *(["--backends", device.backends] if device.backends else []), "--json"]
    if isinstance(device, SshDevice):
        program = shutil.which("ssh")
        if program is None:
            raise ArllieError("no ssh program here: install it (Debian: apt-get install openssh-client)")
        return ssh.ssh_words(device, program, options)
    options += ["--out", str(order.out / "devices" / device.name)]
    if isinstance(device, AdbDevice):
        from arllie_deploy.bench.adb.client import check_serial

        check_serial(device.serial)
        options += ["--device", f"adb:{device.serial}"]
    return [sys.executable, "-P", "-c", _PROGRAM, *options]


def understand(device: Device, order: Order, exit_status: int, out: bytes, said: str) -> Result:
    """The result that a device printed.

    Args:
        device: that ran.
        order: what it was asked for.
        exit_status: of its process; negative is a signal.
        out: its stdout.
        said: its stderr.

    Raises:
        DeviceError: if there is none, or it is about something else.
    """
    if isinstance(device, SshDevice) and (known := ssh.recognize(exit_status, said, device.command[0])):
        raise DeviceError(*known)
    if exit_status not in _WITH_RESULT or not out.strip():
        how = f"signal {-exit_status}" if exit_status < 0 else f"exit status {exit_status}"
        raise DeviceError(Status.FAILED, f"{ssh.last_line(said)} ({how})")
    try:
        result = parse_result(out)
    except ArllieError as error:
        raise DeviceError(Status.FAILED, f"what it printed is {error}") from None
    if result.size != order.size:
        raise DeviceError(Status.FAILED, f"it ran at {result.size} instead of {order.size}")
    if result.model.sha256 != order.model.sha256:
        raise DeviceError(
            Status.FAILED,
            f"it ran another {result.model.name}, sha256 {result.model.sha256[:12]}… and here "
            f"{order.model.sha256[:12]}…; the same version of arllie-deploy belongs there",
        )
    return result


class DeviceError(Exception):
    """Why a device has no rows of its own."""

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


def _start(
    device: Device, order: Order, scratch: Path, running: dict[str, FleetProcess], outcomes: dict[str, _Outcome]
) -> None:
    try:
        words = words_of(device, order)
        tell_to_end = close_stdin if isinstance(device, SshDevice) else interrupt
        running[device.name] = FleetProcess(words, scratch / device.name, device.timeout_s, tell_to_end)
    except (ArllieError, OSError) as error:
        outcomes[device.name] = _failure(device, order, Status.UNAVAILABLE, str(error), 0.0)


def _collect(
    devices: Sequence[Device],
    order: Order,
    running: dict[str, FleetProcess],
    outcomes: dict[str, _Outcome],
    report: Report,
) -> None:
    """Take in whoever has ended, and tell how all stand."""
    for device in devices:
        process = running.get(device.name)
        if process is not None and process.ended():
            outcomes[device.name] = _outcome(device, order, process)
            del running[device.name]
    report([_standing(device, running, outcomes) for device in devices])
    if running:
        time.sleep(_POLL_S)


def _standing(device: Device, running: Mapping[str, FleetProcess], outcomes: Mapping[str, _Outcome]) -> Standing:
    if device.name in outcomes:
        return outcomes[device.name].standing
    return Standing(device, Phase.RUNNING, running[device.name].seconds, "")


def _outcome(device: Device, order: Order, process: FleetProcess) -> _Outcome:
    try:
        out = process.output()
        if process.given_up is not None and not out.strip():
            raise DeviceError(Status.FAILED, process.given_up)
        result = understand(device, order, process.exit_status, out, process.said())
    except DeviceError as error:
        return _failure(device, order, error.status, error.reason, process.seconds)
    rows = tuple(replace(row, device=device.name, model=row.model or result.model.name) for row in result.rows)
    facts = facts_of(device, result)
    measured = sum(row.status is Status.MEASURED for row in rows)
    text = f"{measured} of {len(rows)} rows measured"
    warnings = tuple(f"{device.name}: {warning}" for warning in result.warnings)
    return _Outcome(rows, Standing(device, Phase.DONE, process.seconds, text), facts, warnings)


def facts_of(device: Device, result: Result) -> DeviceFacts:
    """What is known of a device; machine and copy in the result of a phone are those of this machine, not its own."""
    phone = isinstance(device, AdbDevice)
    return DeviceFacts(
        kind=device.kind,
        complete=result.complete,
        machine=None if phone else result.machine,
        tools=result.tools,
        floor=None if phone else result.floor,
        phone=result.phone_before if phone else None,
    )


def _failure(device: Device, order: Order, status: Status, reason: str, seconds: float) -> _Outcome:
    row = Row(
        device=device.name,
        backend=device.backends or order.backends,
        runtime=device.kind,
        target=None,
        precision="any",
        size=order.size,
        threads=None,
        status=status,
        reason=reason,
        model=order.model.name,
    )
    return _Outcome((row,), Standing(device, Phase.FAILED, seconds, reason))
