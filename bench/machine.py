"""What a result must say about the machine it was measured on. Neither its name nor its user's."""

from __future__ import annotations

import os
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Machine:
    """The machine of a run.

    Attributes:
        cpu: the model's name, as the system gives it.
        architecture: of the processor.
        cores: that this process may use.
        memory_bytes: in all.
        last_level_cache_bytes: of one processor, None where the system does not say.
        system: name and release of the operating system.
        python: version of the interpreter.
        load_average: runnable processes over the last minute before the run; beyond 0, something else ran too.
    """

    cpu: str
    architecture: str
    cores: int
    memory_bytes: int
    last_level_cache_bytes: int | None
    system: str
    python: str
    load_average: float


def describe_machine() -> Machine:
    """Look at this machine."""
    return Machine(
        cpu=_cpu_model(),
        architecture=platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        last_level_cache_bytes=_last_level_cache_bytes(),
        system=f"{platform.system()} {platform.release()}",
        python="{}.{}.{}".format(*sys.version_info[:3]),
        load_average=load_average(),
    )


def load_average() -> float:
    """Runnable processes over the last minute."""
    return round(os.getloadavg()[0], 2)


def available_memory_bytes() -> int | None:
    """What can be had without swapping, None where the system does not say."""
    path = Path("/proc/meminfo")
    found = re.search(r"MemAvailable:\s*(\d+) kB", path.read_text()) if path.exists() else None
    return int(found[1]) * 1024 if found else None


def _cpu_model() -> str:
    path = Path("/proc/cpuinfo")
    text = path.read_text() if path.exists() else ""
    for key in ("model name", "Model", "Hardware"):
        found = re.search(rf"^{key}\s*:\s*(.+)$", text, re.MULTILINE)
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()


def _last_level_cache_bytes() -> int | None:
    sizes: dict[int, int] = {}
    for cache in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"):
        found = re.fullmatch(r"(\d+)K", (cache / "size").read_text().strip())
        if found:
            sizes[int((cache / "level").read_text())] = int(found[1]) * 1024
    return sizes[max(sizes)] if sizes else None
