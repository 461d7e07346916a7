"""A fleet of hosts behind a real sshd, and behind a stand-in that reads the words as sshd's login shell does."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from support.fleets import RESULT, answer, host, only_reason, order, printing
from support.json_schema import violations
from support.ssh_server import SshServer, ssh_server, write_stand_in

from arllie_deploy.bench.fleet import Phase, Standing, merge, run_fleet, words_of
from arllie_deploy.bench.fleet_file import AdbDevice
from arllie_deploy.bench.fleet_process import FleetProcess, close_stdin
from arllie_deploy.bench.schema import generate
from arllie_deploy.bench.status import Status


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with ssh_server(tmp_path_factory.mktemp("sshd") / "server") as server:
        yield server


@pytest.fixture
def stand_in(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> SshServer:
    folder = tmp_path_factory.mktemp("stand-in")
    found = write_stand_in(folder)
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), os.environ["PATH"]]))
    return found


@pytest.fixture(params=["sshd", "stand_in"])
def server(request: pytest.FixtureRequest) -> SshServer:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, SshServer)
    return found


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
