import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from support.bench_rows import made_result

from arllie_deploy import ArllieError
from arllie_deploy.bench.fleet import Order
from arllie_deploy.bench.status import Status
from arllie_deploy.cli.fleet import run_devices

PROGRAM = """
import sys
from pathlib import Path
from support.bench_rows import made_result
from arllie_deploy.bench.fleet import Order
from arllie_deploy.cli.fleet import run_devices
result = made_result()
fleet = run_devices(Path(sys.argv[1]), Order([], Path(sys.argv[2]), "cpu", result.model, result.size))
print(len(fleet.rows))
"""
# Nobody listens on port 1; where there is no ssh program, that is the reason.
HOST = '[devices.lab-7]\nkind = "ssh"\nhost = "127.0.0.1"\nport = 1\nconfig = "/dev/null"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "fleet.toml"
    path.write_text(HOST)
    return path


def test_in_a_terminal_a_live_table_names_device_state_and_reason(file: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    place = {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])}
    line = [sys.executable, "-W", "error", "-c", PROGRAM, str(file), str(tmp_path)]
    environment = {**os.environ, **place, "TERM": "xterm", "COLUMNS": "120"}
    done = subprocess.run(line, stdout=subprocess.PIPE, stderr=theirs, text=True, env=environment, cwd="/", check=False)
    os.close(theirs)
    with open(ours, "rb") as terminal:  # noqa: PTH123 - a file descriptor
        shown = terminal.read1(100_000).decode()
    assert (done.returncode, done.stdout) == (0, "1\n"), shown
    for piece in ("device", "lab-7", "ssh", "failed"):
        assert piece in shown


def test_elsewhere_nothing_is_printed(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = made_result()
    (row,) = run_devices(file, Order([], tmp_path, "cpu", result.model, result.size)).rows
    assert (row.device, row.status) == ("lab-7", Status.UNAVAILABLE)
    assert capsys.readouterr() == ("", "")


def test_a_wrong_file_starts_nothing(tmp_path: Path) -> None:
    result = made_result()
    (tmp_path / "fleet.toml").write_text(HOST + "[devices.other]\nkind = 'usb'\n")
    with pytest.raises(ArllieError, match=r"fleet\.toml: devices\.other: kind is 'usb'"):
        run_devices(tmp_path / "fleet.toml", Order([], tmp_path, "cpu", result.model, result.size))
