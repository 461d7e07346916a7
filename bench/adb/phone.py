"""What a result must say about the phone it was measured on; never its serial number."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from arllie_deploy.bench.adb.client import Printed

_PROPERTIES = (
    "ro.soc.manufacturer",
    "ro.soc.model",
    "ro.board.platform",
    "ro.product.manufacturer",
    "ro.product.model",
    "ro.build.version.release",
    "ro.build.version.sdk",
    "ro.product.cpu.abi",
    "ro.boot.qemu",
    "ro.kernel.qemu",
)
# One command, since each takes tens of milliseconds; every line is KEY=VALUE, and what cannot be read is not there.
_SCRIPT = """
for name in {properties}; do echo "$name=$(getprop "$name")"; done
echo "cores=$(cat /sys/devices/system/cpu/present)"
for file in /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor; do echo "governor=$(cat "$file")"; done
for zone in /sys/class/thermal/thermal_zone*; do echo "zone=$(cat "$zone/type"):$(cat "$zone/temp")"; done
dumpsys battery
""".format(properties=" ".join(_PROPERTIES))
_POWER_SOURCES = r"(?:AC|USB|Wireless|Dock)"
# Nothing on a phone that answers is hotter, and some zones give nonsense.
_HOTTEST_C = 150.0


@dataclass(frozen=True, kw_only=True)
class Phone:
    """A phone before or after a run; None where the system does not say.

    Attributes:
        soc: the system on a chip.
        model: maker and model.
        android: version.
        api_level: of Android.
        abi: the processor's instruction set, such as arm64-v8a.
        cpu_cores: that are present.
        governor: of the cores' clocks; several where they differ.
        cpu_temperature_c: the hottest thermal zone of the processor.
        battery_percent: charge.
        plugged: whether it is being powered.
        battery_temperature_c: of the battery.
        emulated: whether it is an emulator and no phone; then times mean nothing.
    """

    soc: str | None
    model: str | None
    android: str | None
    api_level: int | None
    abi: str | None
    cpu_cores: int | None
    governor: str | None
    cpu_temperature_c: float | None
    battery_percent: int | None
    plugged: bool | None
    battery_temperature_c: float | None
    emulated: bool


def look_at(ask: Callable[[Sequence[str]], Printed]) -> Phone:
    """Ask a device about itself.

    Args:
        ask: runs a command on it, such as `Session.ask`.
    """
    return parse_facts(ask(["sh", "-c", _SCRIPT]).text)


def parse_facts(text: str) -> Phone:
    """The facts in what the device printed."""
    properties = dict(re.findall(r"^(ro\.[\w.]+)=[ \t]*(\S.*?)\s*$", text, re.MULTILINE))

    def several(*names: str) -> str | None:
        return " ".join(properties[name] for name in names if name in properties) or None

    level = properties.get("ro.build.version.sdk", "")
    return Phone(
        soc=several("ro.soc.manufacturer", "ro.soc.model") or several("ro.board.platform"),
        model=several("ro.product.manufacturer", "ro.product.model"),
        android=properties.get("ro.build.version.release"),
        api_level=int(level) if level.isdecimal() else None,
        abi=properties.get("ro.product.cpu.abi"),
        cpu_cores=_cores(text),
        governor=", ".join(sorted(set(re.findall(r"^governor=([a-z_]+)\s*$", text, re.MULTILINE)))) or None,
        cpu_temperature_c=_cpu_temperature(text),
        battery_percent=_number(r"^\s*level: (\d+)", text),
        plugged=_plugged(text),
        battery_temperature_c=_tenths(_number(r"^\s*temperature: (-?\d+)", text)),
        emulated="1" in (properties.get("ro.boot.qemu"), properties.get("ro.kernel.qemu")),
    )


def _cores(text: str) -> int | None:
    """Of a list of ranges such as 0-3,6-7."""
    found = re.search(r"^cores=([\d,-]+)\s*$", text, re.MULTILINE)
    if found is None:
        return None
    ranges = [
        [int(end) for end in part.split("-")] for part in found[1].split(",") if re.fullmatch(r"\d+(-\d+)?", part)
    ]
    return sum(ends[-1] - ends[0] + 1 for ends in ranges) or None


def _cpu_temperature(text: str) -> float | None:
    """The hottest zone whose name has to do with the processor; kernels give degrees or thousandths."""
    zones = re.findall(r"^zone=([^:\n]*):(-?\d+)\s*$", text, re.MULTILINE)
    degrees = [int(value) / (1000 if abs(int(value)) >= 1000 else 1) for name, value in zones if "cpu" in name.lower()]
    return max((value for value in degrees if 0 < value < _HOTTEST_C), default=None)


def _plugged(text: str) -> bool | None:
    found: list[str] = re.findall(rf"^\s*{_POWER_SOURCES} powered: (true|false)", text, re.MULTILINE)
    return "true" in found if found else None


def _number(pattern: str, text: str) -> int | None:
    found = re.search(pattern, text, re.MULTILINE)
    return int(found[1]) if found else None


def _tenths(value: int | None) -> float | None:
    return None if value is None else value / 10
