"""What a result of several devices says about each of them beside its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from arllie_deploy.bench.adb.phone import Phone
from arllie_deploy.bench.machine import Machine
from arllie_deploy.bench.protocol import FloorTimes


@dataclass(frozen=True, kw_only=True)
class DeviceFacts:
    """One device of a fleet.

    Attributes:
        kind: local, adb or ssh.
        complete: whether every round was done there.
        machine: that it is; None where it did not say.
        tools: distribution -> version there.
        floor: the copy of a frame there; None where nothing was timed.
        phone: what it told of itself before its first row; None where it is none, or was not reached.
    """

    kind: str
    complete: bool
    machine: Machine | None
    tools: Mapping[str, str]
    floor: FloorTimes | None
    phone: Phone | None = None
