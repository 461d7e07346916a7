import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.enhancers import random_enhancer
from support.fleets import RESULT, answer, order

from arllie_deploy.bench.fleet import DeviceError, Order, facts_of, run_fleet, understand, words_of
from arllie_deploy.bench.fleet_file import AdbDevice, LocalDevice
from arllie_deploy.bench.result import model_facts
from arllie_deploy.bench.status import Status
from arllie_deploy.enhancer_file import save
from arllie_deploy.models import find_fixed_model


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("", 0, "it gave no reason (exit status 0)"),
        ("Welcome!\n{}", 0, "what it printed is not a JSON file"),
        ("{}", 0, "what it printed is not a result of arllie-bench: it has no schema_version"),
        ('{"schema_version": 9}', 0, "schema version '9'"),
        (answer(replace(RESULT, size="8x8")), 0, f"it ran at 8x8 instead of {RESULT.size}"),
        (answer(replace(RESULT, model=replace(RESULT.model, sha256="0" * 64))), 0, "it ran another random, sha256 000"),
        (answer(), 2, "last words (exit status 2)"),
        (answer(), -9, "last words (signal 9)"),
    ],
)
def test_an_answer_that_is_no_result_is_refused(text: str, status: int, reason: str) -> None:
    said = "first words\nlast words\n" if status else ""
    with pytest.raises(DeviceError) as caught:
        understand(LocalDevice(name="desk"), order(Path()), status, text.encode(), said)
    assert caught.value.status is Status.FAILED
    assert reason in caught.value.reason


@pytest.mark.parametrize("status", [0, 1, 130])
def test_a_result_counts_also_with_bad_rows_and_after_an_interrupt(status: int) -> None:
    assert understand(LocalDevice(name="desk"), order(Path()), status, answer().encode(), "noise") == RESULT


def test_a_phone_is_asked_for_through_arllie_bench(tmp_path: Path) -> None:
    words = words_of(AdbDevice(name="phone", serial="-x; y", backends="npu"), order(tmp_path, "--threads", "1"))
    assert words[0] == sys.executable
    assert words[4:] == [
        *("--backends", "cpu", "--threads", "1", "--backends", "npu", "--json"),
        *("--out", str(tmp_path / "devices" / "phone"), "--device", "adb:-x; y"),
    ]


def test_this_machine_is_not_taken_for_the_phone_at_it() -> None:
    phone = facts_of(AdbDevice(name="phone", serial="x"), RESULT)
    assert (phone.kind, phone.machine, phone.floor) == ("adb", None, None)
    desk = facts_of(LocalDevice(name="desk"), RESULT)
    assert (desk.kind, desk.machine, desk.floor) == ("local", RESULT.machine, RESULT.floor)


def test_this_machine_runs_the_real_thing(tmp_path: Path) -> None:
    enhancer = random_enhancer()
    save(enhancer, tmp_path / "m.safetensors")
    facts = model_facts(find_fixed_model(str(tmp_path / "m.safetensors")), (64, 48))
    options = ["--model", str(tmp_path / "m.safetensors"), "--size", "64x48"]
    asked = Order([*options, "--backends", "cpu"], tmp_path / "out", "cpu", facts, "64x48")
    fleet = run_fleet([LocalDevice(name="desk", backends="dsp")], asked)
    assert fleet.complete
    assert {row.device for row in fleet.rows} == {"desk"}
    assert {row.backend for row in fleet.rows} == {"dsp"}
    assert fleet.devices["desk"].kind == "local"
    assert (tmp_path / "out" / "devices" / "desk" / "bench.json").exists()
