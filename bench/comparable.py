"""Whether two runs can be compared at all, and what makes their comparison less sure."""

from __future__ import annotations

from arllie_deploy.bench.machine import Machine
from arllie_deploy.bench.protocol import FloorTimes
from arllie_deploy.bench.result import Result
from arllie_deploy.bench.row import THIS_MACHINE
from arllie_deploy.errors import ArllieError

# More runnable processes than this share of the cores, and the engines had to wait for theirs.
_BUSY_SHARE = 0.5
_FLOOR_MOVED = 1.25


def refuse_unlike(old: Result, size: str, machine: Machine | None) -> None:
    """Refuse before anything is timed.

    The ratio to a copy is a property of processor and memory together, so one of another processor says nothing about
    this program: there is no comparison across processors, not even of ratios.

    Args:
        old: the run to compare with.
        size: of the frames of this run.
        machine: that it will run on; None where several will.

    Raises:
        ArllieError: if the older run is of another size or another processor.
    """
    if old.size != size:
        raise ArllieError(f"run {old.run_id} is at {old.size}, this one at {size}; give --size {old.size} to compare")
    if machine is not None and old.rows and not old.devices and (why := _difference(old.machine, machine)):
        raise ArllieError(f"nothing can be compared with run {old.run_id}: {why}")


def is_busy(machine: Machine) -> bool:
    """Whether other programs kept it busy when a run began."""
    return machine.load_average > _BUSY_SHARE * machine.cores


def machine_difference(old: Result, new: Result, device: str) -> str | None:
    """Why the rows of a device cannot be compared; None if they can."""
    before, now = machine_of(old, device), machine_of(new, device)
    return None if before is None or now is None else _difference(before, now)


def machine_of(result: Result, device: str) -> Machine | None:
    """The machine that the rows of a device were measured on; None where it is not known."""
    if device == THIS_MACHINE:
        return result.machine
    facts = result.devices.get(device)
    return None if facts is None else facts.machine


def floor_of(result: Result, device: str) -> FloorTimes | None:
    """The copy floor under the rows of a device; None where it is not known."""
    if device == THIS_MACHINE:
        return result.floor
    facts = result.devices.get(device)
    return None if facts is None else facts.floor


def doubts(old: Result, new: Result) -> list[str]:
    """What makes a comparison less sure, one line each."""
    found = []
    for name, run in (("the older run", old), ("this run", new)):
        if not run.complete:
            found.append(f"{name} was interrupted: fewer rounds than planned")
        if is_busy(run.machine):
            found.append(
                f"{name} began on a busy machine: load {run.machine.load_average:g}, {run.machine.cores} cores"
            )
    if old.model.sha256 != new.model.sha256:
        found.append(f"the model's weights differ: {old.model.sha256[:12]}… and {new.model.sha256[:12]}…")
    if old.settings != new.settings:
        found.append("the settings of the protocol differ")
    if old.machine.cores != new.machine.cores:
        found.append(f"the number of cores differs: {old.machine.cores} and {new.machine.cores}")
    changed = [name for name in old.tools if name in new.tools and old.tools[name] != new.tools[name]]
    found.extend(f"{name} was {old.tools[name]}, is {new.tools[name]}" for name in changed)
    return [*found, *_floor_doubts(old.floor, new.floor)]


def _floor_doubts(old: FloorTimes | None, new: FloorTimes | None) -> list[str]:
    if old is None or new is None:
        return []
    pairs = {
        "hot": (old.copy_hot_ms.p50, new.copy_hot_ms.p50),
        "cold": (old.copy_cold_ms.p50, new.copy_cold_ms.p50),
    }
    return [
        f"the copy itself changed ({name}): {before:.3g} ms, now {now:.3g} ms; was the machine busy?"
        for name, (before, now) in pairs.items()
        if max(before, now) > _FLOOR_MOVED * min(before, now)
    ]


def _difference(before: Machine, now: Machine) -> str | None:
    if (before.cpu, before.architecture) == (now.cpu, now.architecture):
        return None
    return (
        f"it ran on {before.cpu} ({before.architecture}), this is {now.cpu} ({now.architecture}); "
        "ratios of different processors are not comparable"
    )
