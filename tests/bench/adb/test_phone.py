from collections.abc import Callable
from dataclasses import asdict

import pytest
from support.adb_device import LoopbackDevice

from arllie_deploy.bench.adb.client import Adb
from arllie_deploy.bench.adb.phone import Phone, look_at, parse_facts


def look(adb: Adb, device: LoopbackDevice) -> Phone:
    return look_at(lambda words: adb.shell(device.serial, words, 10))


def test_everything_that_a_phone_says(adb: Adb, device: LoopbackDevice) -> None:
    assert look(adb, device) == Phone(
        soc="QTI SM8650",
        model="Maker Phone 5 (test)",
        android="14",
        api_level=34,
        abi="arm64-v8a",
        cpu_cores=8,
        governor="schedutil",
        cpu_temperature_c=43.0,
        battery_percent=87,
        plugged=True,
        battery_temperature_c=31.2,
        emulated=False,
    )


def test_a_phone_that_says_nothing(adb: Adb, connect: Callable[..., LoopbackDevice]) -> None:
    device = connect(properties={}, battery=None)
    for path in device.sandbox.file("/sys").rglob("*"):
        if path.is_file():
            path.unlink()
    facts = asdict(look(adb, device))
    assert facts.pop("emulated") is False
    assert set(facts.values()) == {None}


def test_the_serial_number_is_not_among_the_facts(adb: Adb, device: LoopbackDevice) -> None:
    assert device.serial not in str(look(adb, device))


@pytest.mark.parametrize("name", ["ro.boot.qemu", "ro.kernel.qemu"])
def test_an_emulator_is_recognized(name: str) -> None:
    assert parse_facts(f"{name}=1\n").emulated
    assert not parse_facts(f"{name}=\n").emulated


@pytest.mark.parametrize(
    ("text", "cores"), [("cores=0-7", 8), ("cores=0", 1), ("cores=0-3,6-7", 6), ("cores=", None), ("cores=-", None)]
)
def test_cores_are_counted(text: str, cores: int | None) -> None:
    assert parse_facts(text).cpu_cores == cores


@pytest.mark.parametrize(
    ("zones", "degrees"),
    [
        ("zone=cpu0:41500\nzone=CPU-1:43000", 43.0),
        ("zone=cpu0:41", 41.0),
        ("zone=cpu0:0\nzone=cpu1:-274000\nzone=cpu2:999999", None),
        ("zone=battery:31200", None),
        ("zone=cpu:\nzone=:5", None),
    ],
)
def test_the_hottest_zone_of_the_processor(zones: str, degrees: float | None) -> None:
    assert parse_facts(zones).cpu_temperature_c == degrees


def test_governors_that_differ_are_all_named() -> None:
    text = "governor=walt\ngovernor=schedutil\ngovernor=walt\ncat: /sys/x: Permission denied\ngovernor=\n"
    assert parse_facts(text).governor == "schedutil, walt"


def test_an_unplugged_phone() -> None:
    assert parse_facts("  AC powered: false\n  USB powered: false\n  level: 5\n  temperature: -31\n").plugged is False
    assert parse_facts("  temperature: -31\n").battery_temperature_c == -3.1


def test_what_a_hostile_phone_says_is_text() -> None:
    assert parse_facts("ro.build.version.sdk=34; rm -rf /\ncores=1-\ngovernor=$(x)\n").api_level is None
