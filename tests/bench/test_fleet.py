import json
import os
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from support.bench_rows import made_result, measured_row, unavailable_row
from support.enhancers import random_enhancer
from support.json_schema import violations
from support.ssh_server import SshServer, ssh_server

from arllie_deploy.bench import ssh
from arllie_deploy.bench.fleet import (
    DeviceError,
    Fleet,
    Order,
    Phase,
    Standing,
    facts_of,
    merge,
    run_fleet,
    understand,
    words_of,
)
from arllie_deploy.bench.fleet_file import AdbDevice, LocalDevice, SshDevice
from arllie_deploy.bench.fleet_process import FleetProcess, close_stdin
from arllie_deploy.bench.result import Result, model_facts
from arllie_deploy.bench.schema import generate
from arllie_deploy.bench.status import Status
from arllie_deploy.enhancer_file import save
from arllie_deploy.models import find_fixed_model

RESULT = made_result(measured_row(), unavailable_row())


def order(out: Path, *options: str, result: Result = RESULT) -> Order:
    return Order(["--backends", "cpu", *options], out, "cpu", result.model, result.size)


def printing(folder: Path, text: str, status: int = 0, wait_s: float = 0) -> list[str]:
    """The words of a program that prints `text` whatever it is asked for."""
    path = folder / f"answer-{len(list(folder.iterdir()))}.txt"
    path.write_text(text)
    program = f"import sys, time; print(open(sys.argv[1]).read()); time.sleep({wait_s}); sys.exit({status})"
    return [sys.executable, "-c", program, str(path)]


def answer(result: Result = RESULT) -> str:
    return json.dumps(result.to_json())


# It does what sshd does with the words behind the host: the login shell reads them.
STAND_IN = """#!/bin/sh
while [ "$1" != "--" ]; do shift; done
shift 2
exec sh -c "$1"
"""


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with ssh_server(tmp_path_factory.mktemp("sshd") / "server") as server:
        yield server


@pytest.fixture
def stand_in(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> SshServer:
    folder = tmp_path_factory.mktemp("stand-in")
    (folder / "ssh").write_text(STAND_IN)
    (folder / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), os.environ["PATH"]]))
    return SshServer("stand-in", 22, folder / "config")


@pytest.fixture(params=["sshd", "stand_in"])
def server(request: pytest.FixtureRequest) -> SshServer:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, SshServer)
    return found


def host(server: SshServer, command: Sequence[str], name: str = "host", timeout_s: float = 60.0) -> SshDevice:
    return SshDevice(
        name=name,
        host=server.host,
        port=server.port,
        config=server.config,
        command=tuple(command),
        timeout_s=timeout_s,
    )


def only_reason(fleet: Fleet, status: Status) -> str:
    (row,) = fleet.rows
    assert (row.device, row.status) == ("host", status)
    assert row.reason is not None
    return row.reason


def test_rows_of_a_host_carry_its_name_and_what_it_is(server: SshServer, tmp_path: Path) -> None:
    fleet = run_fleet([host(server, printing(tmp_path, answer()))], order(tmp_path))
    assert [(row.device, row.status) for row in fleet.rows] == [
        ("host", Status.MEASURED),
        ("host", Status.UNAVAILABLE),
    ]
    assert fleet.rows[0].x_copy_cold == RESULT.rows[0].x_copy_cold
    facts = fleet.devices["host"]
    assert (facts.kind, facts.machine, facts.floor) == ("ssh", RESULT.machine, RESULT.floor)
    assert fleet.complete


def test_the_merged_result_fits_the_schema(server: SshServer, tmp_path: Path) -> None:
    devices = [host(server, printing(tmp_path, answer())), host(server, ["no-such-program"], "broken")]
    asked = order(tmp_path)
    merged = merge(run_fleet(devices, asked), asked, run_id="r", started="s", command="c")
    assert violations(json.loads(json.dumps(merged.to_json(), allow_nan=False)), generate()) == []
    assert [row.device for row in merged.rows] == ["host", "host", "broken"]


def test_every_word_reaches_the_host_as_it_is(server: SshServer, tmp_path: Path) -> None:
    hostile = ["a b", "; touch pwned", "$(touch pwned)", "`touch pwned`", "it's", '"', "\\", "*", "-rf", "", "é", "&"]
    program = "import json, sys; json.dump(sys.argv[2:], open(sys.argv[1], 'w'))"
    seen = tmp_path / "what came; touch pwned"
    device = host(server, [sys.executable, "-c", program, str(seen), *hostile])
    run_fleet([device], order(tmp_path, "--model", "; touch pwned '"))
    assert json.loads(seen.read_text()) == [
        *hostile,
        *("--backends", "cpu", "--model", "; touch pwned '", "--json"),
    ]
    assert not list(Path.home().glob("pwned*"))
    assert not list(Path().glob("pwned*"))


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


def test_a_host_without_the_program_says_how_to_mend_it(server: SshServer, tmp_path: Path) -> None:
    reason = only_reason(run_fleet([host(server, ["arllie-none", "x"])], order(tmp_path)), Status.UNAVAILABLE)
    assert reason.startswith("there is no arllie-none there: pip install arllie-deploy on it")


def test_what_arllie_bench_says_there_is_the_reason(server: SshServer, tmp_path: Path) -> None:
    words = [sys.executable, "-c", "import sys; sys.exit('noise\\narllie-bench: error: no such model \x1b[2J')"]
    reason = only_reason(run_fleet([host(server, words)], order(tmp_path)), Status.FAILED)
    assert reason == "arllie-bench: error: no such model  [2J (exit status 1)"


def test_one_that_hangs_or_fails_stops_no_other(server: SshServer, tmp_path: Path) -> None:
    devices = [
        host(server, [sys.executable, "-c", "import time; time.sleep(60)"], "slow", timeout_s=1.0),
        host(server, ["no-such-program"], "empty"),
        host(server, printing(tmp_path, answer()), "good"),
        AdbDevice(name="odd", serial="\x00"),
    ]
    started, seen = time.monotonic(), []
    fleet = run_fleet(devices, order(tmp_path), lambda standings: seen.append(list(standings)))
    assert time.monotonic() - started < 15
    told = {row.device: (row.status, row.reason) for row in fleet.rows if row.status is not Status.MEASURED}
    assert told["slow"] == (Status.FAILED, "no result within 1 s")
    assert told["empty"][0] is Status.UNAVAILABLE
    assert told["odd"][0] is Status.UNAVAILABLE
    assert "is no serial number" in str(told["odd"][1])
    assert list(fleet.devices) == ["good"]
    assert [row.device for row in fleet.rows] == ["slow", "empty", "good", "good", "odd"]
    assert fleet.complete
    phases = [[standing.phase for standing in standings] for standings in seen]
    assert phases[-1] == [Phase.FAILED, Phase.FAILED, Phase.DONE, Phase.FAILED]
    assert "1 of 2 rows measured" in [standing.text for standing in seen[-1]]


def test_all_run_at_the_same_time(server: SshServer, tmp_path: Path) -> None:
    meet = """
import sys, time
from pathlib import Path
mine, other, text = map(Path, sys.argv[1:4])
mine.touch()
while not other.exists(): time.sleep(0.01)
print(text.read_text())
"""
    (tmp_path / "answer").write_text(answer())
    devices = [
        host(server, [sys.executable, "-c", meet, *(str(tmp_path / name) for name in (mine, other, "answer"))], mine)
        for mine, other in (("one", "two"), ("two", "one"))
    ]
    fleet = run_fleet([replace(device, timeout_s=30.0) for device in devices], order(tmp_path))
    assert list(fleet.devices) == ["one", "two"]


def test_too_much_output_is_not_swallowed(server: SshServer, tmp_path: Path) -> None:
    endless = "import sys\nwhile True: sys.stdout.write('x' * 65536)"
    reason = only_reason(run_fleet([host(server, [sys.executable, "-c", endless])], order(tmp_path)), Status.FAILED)
    assert reason == "it printed more than 16 MiB"


def test_ctrl_c_keeps_what_is_there(server: SshServer, tmp_path: Path) -> None:
    devices = [
        host(server, printing(tmp_path, answer()), "done"),
        host(server, [sys.executable, "-c", "import time; time.sleep(60)"], "host"),
    ]

    def interrupt_once(standings: Sequence[Standing]) -> None:
        if [standing.phase for standing in standings] == [Phase.DONE, Phase.RUNNING] and not interrupted.is_set():
            interrupted.set()
            raise KeyboardInterrupt

    interrupted = threading.Event()
    fleet = run_fleet(devices, order(tmp_path), interrupt_once)
    assert not fleet.complete
    assert [(row.device, row.status) for row in fleet.rows if row.device == "host"] == [("host", Status.FAILED)]
    assert fleet.rows[-1].reason == "interrupted"
    assert fleet.rows[0].status is Status.MEASURED


ENDING = """
import os, signal, sys, time
from pathlib import Path
def end(*_):
    print(Path(sys.argv[2]).read_text(), flush=True)
    sys.exit(130)
signal.signal(signal.SIGTERM, end)
Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(60)
"""


def test_ctrl_c_brings_home_what_a_host_has_measured(server: SshServer, tmp_path: Path) -> None:
    (tmp_path / "answer").write_text(answer(replace(RESULT, complete=False)))
    mark = tmp_path / "mark"

    def interrupt_once(standings: Sequence[Standing]) -> None:
        if mark.exists() and mark.read_text() and not interrupted.is_set():
            interrupted.set()
            raise KeyboardInterrupt

    interrupted = threading.Event()
    device = host(server, [sys.executable, "-c", ENDING, str(mark), str(tmp_path / "answer")])
    fleet = run_fleet([device], order(tmp_path), interrupt_once)
    assert not fleet.complete
    assert [row.status for row in fleet.rows] == [Status.MEASURED, Status.UNAVAILABLE]
    assert not fleet.devices["host"].complete


def test_a_lost_connection_ends_what_runs_on_the_host(server: SshServer, tmp_path: Path) -> None:
    (tmp_path / "answer").write_text("")
    mark = tmp_path / "mark"
    words = words_of(host(server, [sys.executable, "-c", ENDING, str(mark), str(tmp_path / "answer")]), order(tmp_path))
    process = FleetProcess(words, tmp_path / "host", 60.0, close_stdin)
    wait_until(lambda: mark.exists() and bool(mark.read_text()))
    there = Path(f"/proc/{mark.read_text()}")
    assert there.exists()
    process.kill()
    wait_until(lambda: not there.exists())
    assert not there.exists()


def wait_until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def real_ssh() -> None:
    """Its own words are what is recognized."""
    if shutil.which("ssh") is None:
        pytest.skip("no ssh program here: apt-get install openssh-client")


def alone(tmp_path: Path, **facts: object) -> SshDevice:
    config = tmp_path / "config"
    config.write_text(
        f"Host *\n  UserKnownHostsFile {tmp_path / 'known'}\n  IdentityAgent none\n  IdentityFile /none\n"
    )
    return SshDevice(**{"name": "host", "config": config, "host": "127.0.0.1", **facts})  # type: ignore[arg-type]


@pytest.mark.usefixtures("real_ssh")
def test_a_closed_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound and not listening: nobody else can listen there meanwhile
        taken.bind(("127.0.0.1", 0))
        device = alone(tmp_path, port=taken.getsockname()[1])
        reason = only_reason(run_fleet([device], order(tmp_path)), Status.UNAVAILABLE)
    assert reason == "connection refused: no ssh server listens there"


@pytest.mark.usefixtures("real_ssh")
def test_an_unknown_host_is_named(tmp_path: Path) -> None:
    fleet = run_fleet([alone(tmp_path, host="nobody.invalid")], order(tmp_path))
    assert only_reason(fleet, Status.UNAVAILABLE) == "unknown host: its name cannot be resolved"


@pytest.mark.parametrize(
    ("line", "new", "status", "reason"),
    [
        ("UserKnownHostsFile", "UserKnownHostsFile /dev/null", Status.UNAVAILABLE, "its host key is not known here"),
        ("IdentityFile", "IdentityFile /dev/null", Status.UNAVAILABLE, "it accepts no key of this user"),
    ],
)
def test_who_is_not_let_in_is_told_why(line: str, new: str, status: Status, reason: str, tmp_path: Path) -> None:
    with ssh_server(tmp_path / "server") as server:
        lines = server.config.read_text().splitlines()
        server.config.write_text("\n".join(new if line in text.split() else text for text in lines) + "\n")
        fleet = run_fleet([host(server, ["arllie-bench"])], order(tmp_path))
    assert only_reason(fleet, status).startswith(reason)


def test_without_an_ssh_program_the_row_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    fleet = run_fleet([SshDevice(name="host", host="somewhere")], order(tmp_path))
    assert "no ssh program here" in only_reason(fleet, Status.UNAVAILABLE)


def test_a_host_and_a_file_are_no_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a host that the file would refuse stands behind the end of the options."""
    device = SshDevice(name="host", host="-oProxyCommand=touch pwned", port=7, config=Path("/a b"), command=("c d",))
    words = ssh.ssh_words(device, "/usr/bin/ssh", ["--model", "; x"])
    end, named, line = words[words.index("--") :]
    assert (end, named) == ("--", "-oProxyCommand=touch pwned")
    assert line.endswith(" sh 'c d' --model '; x'")
    assert words[1:3] == ["-F", "/a b"]
    assert "BatchMode=yes" in words


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        (
            255,
            "kex_exchange_identification: Connection closed by remote host",
            (Status.FAILED, "the connection was lost"),
        ),
        (255, "ssh: connect to host a port 22: No route to host", (Status.UNAVAILABLE, "it cannot be reached")),
        (255, "ssh: connect to host a port 22: Connection timed out", (Status.UNAVAILABLE, "it cannot be reached")),
        (
            255,
            "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
            (Status.FAILED, "its host key is another"),
        ),
        (255, "something\nnew\n", (Status.FAILED, "ssh: new")),
        (255, "", (Status.FAILED, "ssh: it gave no reason")),
        (126, "Permission denied", (Status.UNAVAILABLE, "there is no prog there")),
    ],
)
def test_what_ssh_says_is_understood(status: int, said: str, expected: tuple[Status, str]) -> None:
    found = ssh.recognize(status, said, "prog")
    assert found is not None
    assert (found[0], found[1][: len(expected[1])]) == expected


@pytest.mark.parametrize("status", [0, 1, 2, 130])
def test_what_the_program_says_is_not_taken_for_ssh(status: int) -> None:
    assert ssh.recognize(status, "connection refused", "prog") is None


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
    facts = model_facts(find_fixed_model(str(tmp_path / "m.safetensors")))
    options = ["--model", str(tmp_path / "m.safetensors"), "--size", "64x48"]
    asked = Order([*options, "--backends", "cpu"], tmp_path / "out", "cpu", facts, "64x48")
    fleet = run_fleet([LocalDevice(name="desk", backends="dsp")], asked)
    assert fleet.complete
    assert {row.device for row in fleet.rows} == {"desk"}
    assert {row.backend for row in fleet.rows} == {"dsp"}
    assert fleet.devices["desk"].kind == "local"
    assert (tmp_path / "out" / "devices" / "desk" / "bench.json").exists()
