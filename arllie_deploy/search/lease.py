"""Who is working on a trial, and whether they still are."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

# A worker elsewhere that has not renewed its lease for so long is taken for dead. Wrongly: its result is dropped, and
# the same proposal gives the same result again.
LEASE_S = 600.0
RENEW_S = 60.0


@dataclass(frozen=True)
class Lease:
    """A worker's hold on a trial.

    Attributes:
        place: hash of the running system and its process namespace; processes of one place see each other's ids.
        process: id there.
        started: the process's start in clock ticks since boot; an id is used again, the pair is not.
        renewed: seconds since the epoch.
    """

    place: str
    process: int
    started: int
    renewed: float

    @classmethod
    def of_this_process(cls) -> Lease:
        """A fresh lease."""
        return cls(_place(), os.getpid(), _start_ticks(os.getpid()) or 0, time.time())

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return dict(vars(self))

    def is_held(self) -> bool:
        """Whether the worker lives: looked up where it can be, else judged by the age of the lease."""
        if self.place == _place():
            return _start_ticks(self.process) == self.started
        return time.time() - self.renewed < LEASE_S


def read_lease(value: Any) -> Lease | None:
    """The inverse of `to_json`; None for anything else."""
    try:
        return Lease(str(value["place"]), int(value["process"]), int(value["started"]), float(value["renewed"]))
    except (KeyError, TypeError, ValueError):
        return None


def _place() -> str:
    boot, namespace = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    facts = [boot.read_text() if boot.exists() else platform.node()]
    facts.append(str(namespace.readlink()) if namespace.is_symlink() else "")
    return sha256("\n".join(facts).encode()).hexdigest()[:16]


def _start_ticks(process: int) -> int | None:
    """Field 22 of /proc/PID/stat (proc(5)); None if there is no such process, or only its remains."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])
