import hashlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.adb_device import LoopbackDevice

from arllie_deploy.bench.adb.client import Adb
from arllie_deploy.bench.adb.session import Limits, Session
from arllie_deploy.bench.adb.trouble import AdbError, Trouble
from arllie_deploy.errors import ArllieError

QUICK = Limits(command_s=10, transfer_s=10, return_s=5)


def session(adb: Adb, device: LoopbackDevice, limits: Limits = QUICK) -> Session:
    return Session(adb, device.serial, "20261121T000000Z-ab12", limits)


def made(folder: Path, name: str, size: int = 100_000) -> Path:
    path = folder / name
    path.write_bytes(os.urandom(size))
    return path


def sends(device: LoopbackDevice, name: str) -> int:
    return sum(event.startswith("send") and event.endswith(f"/{name}") for event in device.events)


def test_a_file_goes_there_is_run_and_its_result_comes_back(adb: Adb, device: LoopbackDevice, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\ncat "$1" "$1" > "$2"\necho "$GREETING"\nexit 4\n')
    source = made(tmp_path, "source")
    with session(adb, device) as there:
        words = [there.put(program, "program", executable=True), there.put(source, "in"), there.path("out")]
        printed = there.run(words, 10, {"GREETING": "it's $(me)"})
        there.get("out", tmp_path / "back")
    assert (printed.status, printed.text) == (4, "it's $(me)\n")
    assert (tmp_path / "back").read_bytes() == source.read_bytes() * 2
    assert device.sandbox.leftovers() == []
    assert there.left_behind is None


def test_each_run_has_a_folder_of_its_own_and_touches_nothing_else(adb: Adb, device: LoopbackDevice) -> None:
    device.sandbox.write("/data/local/tmp/mine", "keep")
    with session(adb, device), Session(adb, device.serial, "other", QUICK):
        assert device.sandbox.leftovers() == ["arllie-20261121T000000Z-ab12", "arllie-other", "mine"]
    assert device.sandbox.leftovers() == ["mine"]


@pytest.mark.parametrize("run_id", ["", "../x", "a b", "a;b", "$(a)"])
def test_a_run_id_that_could_leave_its_place_is_refused(adb: Adb, run_id: str) -> None:
    with pytest.raises(ArllieError, match="run id"):
        Session(adb, "X", run_id)


@pytest.mark.parametrize("name", ["a b", "it's", "x; touch T", "$(touch T)", 'q"q', "`touch T`", "-rf", "a\\b"])
def test_a_hostile_file_name_is_only_a_name(adb: Adb, device: LoopbackDevice, tmp_path: Path, name: str) -> None:
    source = made(tmp_path, name, 1000)
    with session(adb, device) as there:
        there.put(source, name, executable=True)
        there.get(name, tmp_path / "back")
        assert device.sandbox.file(there.folder).joinpath(name).stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "back").read_bytes() == source.read_bytes()
    assert device.sandbox.leftovers() == []
    assert list(device.sandbox.root.rglob("T")) == []


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\nb"])
def test_a_name_that_is_no_file_in_a_folder_is_refused(adb: Adb, device: LoopbackDevice, name: str) -> None:
    for names in ([name], ["folder", name], [name, "file"]):
        with pytest.raises(ArllieError, match="name of a file on a device"):
            session(adb, device).path(*names)


def test_a_file_comes_out_of_a_folder_that_a_program_has_made(adb: Adb, device: LoopbackDevice, tmp_path: Path) -> None:
    with session(adb, device) as there:
        made_there = 'mkdir -p "$0" && echo made >"$0/fi le"'
        there.run(["sh", "-c", made_there, there.path("out", "x; touch T")], 10)
        there.get("fi le", tmp_path / "back", ["out", "x; touch T"])
    assert (tmp_path / "back").read_text() == "made\n"
    assert list(device.sandbox.root.rglob("T")) == []


def test_a_file_that_arrives_as_something_else_is_not_used(adb: Adb, device: LoopbackDevice, tmp_path: Path) -> None:
    (device.sandbox.root / "bin" / "sha256sum").unlink()
    (device.sandbox.root / "bin" / "sha256sum").write_text("#!/bin/sh\necho " + "0" * 64 + "  file\n")
    (device.sandbox.root / "bin" / "sha256sum").chmod(0o755)
    with session(adb, device) as there, pytest.raises(AdbError, match="did not arrive as it was sent"):
        there.put(made(tmp_path, "source"), "in")
    assert device.sandbox.leftovers() == []


def test_a_file_that_is_there_already_is_not_sent_again(adb: Adb, device: LoopbackDevice, tmp_path: Path) -> None:
    with session(adb, device) as there:
        for _ in range(2):
            there.put(made(tmp_path, "a", 10) if not (tmp_path / "a").exists() else tmp_path / "a", "a")
    assert sends(device, "a") == 1


def test_after_a_loss_only_what_is_missing_is_sent_again_and_the_step_goes_on(
    adb: Adb, device: LoopbackDevice, tmp_path: Path
) -> None:
    first, second = made(tmp_path, "first"), made(tmp_path, "second")
    with session(adb, device) as there:
        there.put(first, "first")
        device.drops = [f"send {there.path('second')}"]
        there.put(second, "second")
        assert there.interruptions == 1
        device.sandbox.file(there.path("first")).unlink()
        device.drops = ["print one"]
        printed = there.run(["sh", "-c", "echo one; echo two"], 10)
        assert printed.text == "one\ntwo\n"
        assert there.interruptions == 2
        stored = device.sandbox.file(there.path("first")).read_bytes()
    assert hashlib.sha256(stored).digest() == hashlib.sha256(first.read_bytes()).digest()
    assert (sends(device, "first"), sends(device, "second")) == (2, 2)
    assert device.sandbox.leftovers() == []


def test_a_program_that_was_running_when_the_device_was_lost_does_not_run_beside_the_new_one(
    adb: Adb, device: LoopbackDevice
) -> None:
    with session(adb, device) as there:
        device.drops = ["print started"]
        words = ["sh", "-c", 'echo started; [ -e "$0" ] && exit; : > "$0"; exec sleep 60', there.path("once")]
        assert there.run(words, 10).text == "started\n"
        assert device.all_ended()


def test_a_loss_too_many_is_the_end_and_is_cleaned_up(adb: Adb, device: LoopbackDevice) -> None:
    limits = Limits(command_s=10, transfer_s=10, return_s=5, interruptions=1)
    with session(adb, device, limits) as there:
        device.drops = ["print in", "print in"]
        with pytest.raises(AdbError, match="connection was lost") as caught:
            there.run(["echo", "in"], 10)
    assert caught.value.trouble is Trouble.LOST
    assert device.sandbox.leftovers() == []


def test_a_device_that_does_not_come_back_is_given_up_and_its_leftovers_are_named(
    adb: Adb, device: LoopbackDevice
) -> None:
    start = time.monotonic()
    with session(adb, device, Limits(return_s=0.4)) as there:
        device.returns = False
        device.drops = ["print in"]
        with pytest.raises(AdbError, match=r"did not come back within 0\.4 s"):
            there.run(["echo", "in"], 10)
    assert there.left_behind is not None
    assert there.folder in there.left_behind
    assert time.monotonic() - start < 5


def test_a_device_that_is_not_there_is_not_waited_for(adb: Adb) -> None:
    start = time.monotonic()
    with pytest.raises(AdbError, match="does not list it"), Session(adb, "127.0.0.1:1", "run"):
        pass
    assert time.monotonic() - start < 2


def test_a_device_that_is_full_from_the_start_is_left_clean(adb: Adb, device: LoopbackDevice, tmp_path: Path) -> None:
    device.capacity_bytes = 10
    with pytest.raises(AdbError, match="no space") as caught, session(adb, device) as there:
        there.put(made(tmp_path, "a"), "a")
    assert caught.value.trouble is Trouble.FULL
    assert device.sandbox.leftovers() == []


def test_a_program_that_hangs_is_ended_on_the_device(adb: Adb, device: LoopbackDevice) -> None:
    with session(adb, device) as there:
        with pytest.raises(AdbError, match=r"no answer within 0\.3 s"):
            there.run(["sleep", "60"], 0.3)
        assert device.all_ended()


@pytest.mark.parametrize("raised", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_every_way_out_cleans_up(adb: Adb, device: LoopbackDevice, tmp_path: Path, raised: type[BaseException]) -> None:
    def leave() -> None:
        with session(adb, device) as there:
            there.put(made(tmp_path, "a"), "a")
            raise raised

    with pytest.raises(raised):
        leave()
    assert device.sandbox.leftovers() == []


def test_ctrl_c_in_a_program_ends_it_and_cleans_up(adb: Adb, device: LoopbackDevice) -> None:
    threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt), session(adb, device) as there:
        there.run(["sleep", "60"], 30)
    assert device.sandbox.leftovers() == []
    assert device.all_ended()


def test_ctrl_c_while_the_device_is_away_does_not_wait_for_it(adb: Adb, device: LoopbackDevice) -> None:
    start, there = time.monotonic(), Session(adb, device.serial, "run", Limits(return_s=0.5))

    def lose() -> None:
        with there:
            device.returns, device.drops = False, ["print in"]
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
            there.run(["echo", "in"], 10)

    with pytest.raises(KeyboardInterrupt):
        lose()
    assert time.monotonic() - start < 3
    assert there.left_behind is not None


def test_only_a_program_of_this_session_is_ended(adb: Adb, device: LoopbackDevice) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        with session(adb, device) as there:
            device.sandbox.write(there.path("pid"), f"{other.pid}\n")
        assert other.poll() is None
        other.kill()


def test_several_devices_at_once_and_one_that_fails_stops_no_other(
    adb: Adb, connect: Callable[..., LoopbackDevice], tmp_path: Path
) -> None:
    devices, source = [connect() for _ in range(3)], made(tmp_path, "a")
    devices[1].capacity_bytes = 10
    together = threading.Barrier(2, timeout=5)

    def work(device: LoopbackDevice) -> str:
        with session(adb, device) as there:
            there.put(source, "a")
            together.wait()  # both good devices are in their sessions at the same time
            return there.run(["echo", "done"], 10).text

    with ThreadPoolExecutor(3) as threads:
        first, second, third = [threads.submit(work, device) for device in devices]
    assert (first.result(), third.result()) == ("done\n", "done\n")
    failed = second.exception()
    assert isinstance(failed, AdbError)
    assert failed.trouble is Trouble.FULL
    assert [device.sandbox.leftovers() for device in devices] == [[], [], []]
