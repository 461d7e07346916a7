import os
import shlex
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.adb_device import ALL_FEATURES, LoopbackDevice
from support.adb_protocol import VERSION_WITH_CHECKSUMS, VERSION_WITHOUT

from arllie_deploy.bench.adb.client import Adb, Server, check_serial, find_adb
from arllie_deploy.bench.adb.trouble import AdbError, Trouble, recognize
from arllie_deploy.errors import ArllieError

TMP = "/data/local/tmp"
HOSTILE = ["a b", "it's", 'say "no"', "x; touch T", "$(touch T)", "`touch T`", "a\\b", "*", "&& touch T", "| touch T"]


@pytest.mark.parametrize("features", [(), ALL_FEATURES])
@pytest.mark.parametrize("version", [VERSION_WITH_CHECKSUMS, VERSION_WITHOUT])
def test_the_genuine_adb_runs_pushes_and_pulls(
    adb: Adb, connect: Callable[..., LoopbackDevice], tmp_path: Path, version: int, features: tuple[str, ...]
) -> None:
    device = connect(features=features, version=version)
    source, back = tmp_path / "source", tmp_path / "back"
    source.write_bytes(os.urandom(700_001))
    adb.push(device.serial, source, f"{TMP}/file", 10)
    adb.pull(device.serial, f"{TMP}/file", back, 10)
    assert back.read_bytes() == source.read_bytes()
    printed = adb.shell(device.serial, ["sh", "-c", "echo out; echo err >&2; exit 7"], 10)
    assert (printed.status, sorted(printed.text.split())) == (7, ["err", "out"])
    kind = "open shell,v2" if features else "open shell:"
    assert any(event.startswith(kind) for event in device.events)


def test_a_phone_asks_its_owner_once_and_then_knows_the_key(adb: Adb, connect: Callable[..., LoopbackDevice]) -> None:
    device = connect(owner="accepts")
    wait_until_ready(adb, device)
    assert adb.shell(device.serial, ["echo", "in"], 10).text == "in\n"
    adb.disconnect(device.serial)
    adb.connect(device.serial)
    wait_until_ready(adb, device)
    assert device.proofs == ["public key", "signature"]


def wait_until_ready(adb: Adb, device: LoopbackDevice) -> None:
    end = time.monotonic() + 5
    while all(listed.state != "device" for listed in adb.devices() if listed.serial == device.serial):
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("word", HOSTILE)
def test_a_hostile_argument_arrives_as_it_is_and_runs_nothing(
    adb: Adb, device: LoopbackDevice, word: str, tmp_path: Path
) -> None:
    before = sorted(path.name for path in device.sandbox.root.iterdir())
    assert adb.shell(device.serial, ["printf", "%s", word], 10).text == word
    source = tmp_path / word.replace("/", "_")
    source.write_text("text")
    adb.push(device.serial, source, f"{TMP}/{word}", 10)
    assert adb.shell(device.serial, ["cat", f"{TMP}/{word}"], 10).text == "text"
    adb.pull(device.serial, f"{TMP}/{word}", tmp_path / "back", 10)
    assert sorted(path.name for path in device.sandbox.root.iterdir()) == before
    assert device.sandbox.leftovers() == [word]
    assert not Path("T").exists()


@pytest.mark.parametrize("serial", [*HOSTILE, "-h", "--help", "host:kill", "127.0.0.1:1; touch T"])
def test_a_hostile_serial_is_a_device_that_is_not_there(adb: Adb, device: LoopbackDevice, serial: str) -> None:
    for call in (
        lambda: adb.choose(serial),
        lambda: adb.shell(serial, ["echo", "in"], 10),
        lambda: adb.push(serial, Path(__file__), f"{TMP}/x", 10),
    ):
        with pytest.raises(AdbError) as caught:
            call()
        assert caught.value.trouble is Trouble.NO_DEVICE, caught.value
    assert [event for event in device.events if "echo" in event or "send" in event] == []
    assert adb.choose(None) == device.serial  # the server is still there
    assert not Path("T").exists()


@pytest.mark.parametrize("serial", ["", "a\nb", "a\0b", "\x1b[2J"])
def test_a_serial_that_cannot_be_one_is_refused(adb: Adb, serial: str) -> None:
    with pytest.raises(ArllieError, match="no serial number"):
        check_serial(serial)
    with pytest.raises(ArllieError, match="no serial number"):
        adb.shell(serial, ["echo"], 10)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1))
def test_quoting_keeps_every_word(words: list[str]) -> None:
    assert shlex.split(shlex.join(words)) == words


def test_without_the_program_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(AdbError, match="apt-get install adb") as caught:
        find_adb()
    assert caught.value.trouble is Trouble.NO_PROGRAM


def test_a_program_that_cannot_be_run_is_named(adb: Adb) -> None:
    with pytest.raises(AdbError, match="/nowhere/adb cannot be run") as caught:
        Adb("/nowhere/adb", adb.server).devices()
    assert caught.value.trouble is Trouble.NO_PROGRAM


def test_without_a_server_none_is_started(adb: Adb) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    lonely = Adb(adb.program, Server(port=port))
    try:
        with pytest.raises(AdbError, match="adb start-server") as caught:
            lonely.devices()
        assert caught.value.trouble is Trouble.NO_SERVER
        assert not lonely.server.listens()
    finally:
        if lonely.server.listens():  # the test has failed, and this is the server that must not be there
            subprocess.run([adb.program, "-P", str(port), "kill-server"], check=False)


def test_the_environment_says_where_the_server_is(adb: Adb, monkeypatch: pytest.MonkeyPatch) -> None:
    assert adb.server.port is not None
    monkeypatch.setenv("ANDROID_ADB_SERVER_ADDRESS", "127.0.0.1")
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(adb.server.port))
    assert Server().words == []
    assert Adb(adb.program).devices() == adb.devices()


def test_no_device(adb: Adb) -> None:
    with pytest.raises(AdbError, match="adb connect HOST:PORT") as caught:
        adb.choose(None)
    assert caught.value.trouble is Trouble.NO_DEVICE


def test_an_unauthorized_device(adb: Adb, connect: Callable[..., LoopbackDevice]) -> None:
    device = connect(owner="refuses")
    for call in (lambda: adb.choose(device.serial), lambda: adb.shell(device.serial, ["echo"], 10)):
        with pytest.raises(AdbError, match="allow USB debugging on its screen") as caught:
            call()
        assert caught.value.trouble is Trouble.UNAUTHORIZED


def test_an_offline_device(adb: Adb, device: LoopbackDevice) -> None:
    device.returns = False
    device.drops = ["print in"]
    with pytest.raises(AdbError) as lost:
        adb.shell(device.serial, ["echo", "in"], 10)
    assert lost.value.trouble is Trouble.LOST
    for call in (lambda: adb.choose(device.serial), lambda: adb.shell(device.serial, ["echo"], 10)):
        with pytest.raises(AdbError, match="offline") as caught:
            call()
        assert caught.value.trouble is Trouble.OFFLINE


def test_two_devices_and_no_serial(adb: Adb, connect: Callable[..., LoopbackDevice]) -> None:
    first, second = connect(), connect()
    with pytest.raises(AdbError, match="--device adb:SERIAL") as caught:
        adb.choose(None)
    assert caught.value.trouble is Trouble.AMBIGUOUS
    assert first.serial in str(caught.value)
    assert adb.choose(second.serial) == second.serial


def test_a_full_device(adb: Adb, device: LoopbackDevice, tmp_path: Path) -> None:
    device.capacity_bytes = 1000
    (tmp_path / "large").write_bytes(bytes(300_000))
    with pytest.raises(AdbError, match="no space is left on the device") as caught:
        adb.push(device.serial, tmp_path / "large", f"{TMP}/large", 10)
    assert caught.value.trouble is Trouble.FULL
    assert device.sandbox.leftovers() == []


@pytest.mark.parametrize("event", ["send", "receive"])
def test_a_connection_lost_in_a_transfer(adb: Adb, device: LoopbackDevice, tmp_path: Path, event: str) -> None:
    (tmp_path / "large").write_bytes(bytes(300_000))
    device.sandbox.write(f"{TMP}/large", "x" * 300_000)
    device.drops = [event]
    transfers = {
        "send": lambda: adb.push(device.serial, tmp_path / "large", f"{TMP}/other", 10),
        "receive": lambda: adb.pull(device.serial, f"{TMP}/large", tmp_path / "back", 10),
    }
    with pytest.raises(AdbError, match="connection was lost") as caught:
        transfers[event]()
    assert caught.value.trouble is Trouble.LOST
    assert device.drops == []


def test_a_slow_device_is_waited_for_and_a_silent_one_is_not(adb: Adb, device: LoopbackDevice) -> None:
    device.delay_s = 0.1
    assert adb.shell(device.serial, ["echo", "late"], 10).text == "late\n"
    device.delay_s = 0.0
    start = time.monotonic()
    with pytest.raises(AdbError, match=r"no answer within 0\.3 s") as caught:
        adb.shell(device.serial, ["sleep", "60"], 0.3)
    assert caught.value.trouble is Trouble.TIMEOUT
    assert time.monotonic() - start < 5


def test_a_missing_file_is_named_in_one_line(adb: Adb, device: LoopbackDevice, tmp_path: Path) -> None:
    with pytest.raises(AdbError, match="nothing") as caught:
        adb.pull(device.serial, f"{TMP}/nothing", tmp_path / "back", 10)
    assert caught.value.trouble is Trouble.REFUSED
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        ("error: device 'X' not found", Trouble.NO_DEVICE),
        ("adb: no devices/emulators found", Trouble.NO_DEVICE),
        ("error: device unauthorized.\nThis adb server's $ADB_VENDOR_KEYS is not set", Trouble.UNAUTHORIZED),
        ("adb: device offline", Trouble.OFFLINE),
        ("error: more than one device/emulator", Trouble.AMBIGUOUS),
        ("adb: error: failed to copy 'a' to 'b': remote No space left on device", Trouble.FULL),
        ("adb: error: failed to copy 'a' to 'b': couldn't read from device", Trouble.LOST),
        ("error: closed", Trouble.LOST),
        ("* cannot connect to daemon at tcp:5037: Connection refused", Trouble.NO_SERVER),
        ("[  5%] /data/local/tmp/f", Trouble.LOST),
        ("adb: error: cannot stat 'x'", Trouble.REFUSED),
    ],
)
def test_what_adb_says_is_recognized(said: str, trouble: Trouble) -> None:
    assert recognize(said) is trouble
