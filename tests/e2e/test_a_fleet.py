"""`arllie-bench --devices` as a user runs it: this machine, a host behind ssh, and two that cannot be measured."""

import getpass
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.commands import Finished, run_apart
from support.json_schema import violations
from support.ssh_server import SshServer, ssh_server, write_stand_in

from arllie_deploy.bench.schema import shipped

SIZE = "320x180"
PROGRAM = "from arllie_deploy.cli import bench; bench()"
# What an install with no extra has not got; its engines are measured within seconds.
EXTRAS = ("torch", "onnx", "tensorflow", "ai_edge_litert", "openvino", "ncnn", "onnxruntime_qnn")
HIDING = f"import sys\nsys.modules.update(dict.fromkeys({EXTRAS!r}))\n"


@dataclass(frozen=True)
class Run:
    """The command, how it ended and what it left."""

    finished: Finished
    out: Path
    result: dict[str, Any]

    def rows(self, device: str, status: str) -> dict[str, dict[str, Any]]:
        """Runtime -> row."""
        found = [row for row in self.result["rows"] if (row["device"], row["status"]) == (device, status)]
        return {row["runtime"]: row for row in found}

    def count(self, device: str) -> int:
        """Rows of a device that were measured, several of a runtime among them."""
        return sum((row["device"], row["status"]) == (device, "measured") for row in self.result["rows"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    """A real sshd where there is one; else a program that does with the words what sshd does."""
    folder = tmp_path_factory.mktemp("ssh")
    if shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin") and shutil.which("ssh-keygen"):
        with ssh_server(folder / "server") as real:
            yield real
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.pathsep.join([str(folder), os.environ["PATH"]]))
        stand_in = write_stand_in(folder)
        stand_in.config.touch()
        yield stand_in


@pytest.fixture(scope="module")
def run(server: SshServer, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("a fleet")
    (folder / "sitecustomize.py").write_text(HIDING)
    # An empty part would be the working directory.
    python_path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    there = ["env", f"PYTHONPATH={python_path}", sys.executable, "-P", "-c", PROGRAM]
    ssh = f'kind = "ssh"\nport = {server.port}\nconfig = {json.dumps(str(server.config))}'
    (folder / "fleet.toml").write_text(
        '[devices.desk]\nkind = "local"\n'
        f'[devices.laboratory]\n{ssh}\nhost = "{server.host}"\ncommand = {json.dumps(there)}\n'
        '[devices.gone]\nkind = "ssh"\nhost = "nobody.invalid"\nconfig = "/dev/null"\n'
        f'[devices.wrong]\n{ssh}\nhost = "{getpass.getuser()}@{server.host}"\ncommand = ["echo", "hello"]\n'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", python_path)
        arguments = ["--devices", folder / "fleet.toml", "--size", SIZE, "--threads", 1, "--out", folder / "out"]
        finished = run_apart("bench", arguments)
    assert (folder / "out" / "bench.json").exists(), finished.err
    return Run(finished, folder / "out", json.loads((folder / "out" / "bench.json").read_text()))


@pytest.mark.parametrize("device", ["desk", "laboratory"])
def test_each_device_that_answers_has_measured_rows_with_ratios_to_its_own_floor(run: Run, device: str) -> None:
    measured = run.rows(device, "measured")
    assert set(measured) >= {"numpy", "onnxruntime"}, run.finished.err
    facts = run.result["devices"][device]
    assert facts["complete"]
    assert facts["machine"]["cores"] >= 1
    cold = facts["floor"]["copy_cold_ms"]["p50"]
    for row in (measured["numpy"], measured["onnxruntime"]):
        assert row["x_copy_cold"] == pytest.approx(row["end_to_end_ms"]["p50"] / cold)
        assert (row["size"], row["threads"], row["group"]) == (SIZE, 1, 0)
        assert row["parity"]["max_abs"] <= 1e-5
    assert measured["onnxruntime"]["x_ort_fp32"] == 1.0
    assert measured["numpy"]["x_ort_fp32"] != 1.0


def test_devices_are_measured_by_themselves(run: Run) -> None:
    desk, laboratory = (run.rows(device, "measured")["onnxruntime"] for device in ("desk", "laboratory"))
    assert desk["end_to_end_ms"] != laboratory["end_to_end_ms"]


def test_the_merged_result_is_whole_and_fits_the_schema(run: Run) -> None:
    assert violations(run.result, shipped()) == []
    assert list(run.result["devices"]) == ["desk", "laboratory"]
    assert run.result["complete"]
    assert run.result["floor"] is None
    assert [row["device"] for row in run.result["rows"][-2:]] == ["gone", "wrong"]


def test_one_that_cannot_be_reached_is_unavailable_and_one_that_answers_nonsense_fails_the_run(run: Run) -> None:
    assert list(run.rows("gone", "unavailable")) == ["ssh"]
    assert "what it printed is not a JSON file" in run.rows("wrong", "failed")["ssh"]["reason"]
    assert run.finished.status == 1
    assert "ssh on wrong is failed" in run.finished.err.splitlines()[-1]


def test_every_report_names_the_devices_and_their_floors(run: Run) -> None:
    page, markdown, table = ((run.out / name).read_text() for name in ("report.html", "bench.md", "bench.csv"))
    for device in ("desk", "laboratory"):
        assert f"<dt>Device {device}</dt>" in page
        assert f"{device}: 1 group: the engines of all {run.count(device)} timed rows" in page
        assert f"One frame copied on {device}: " in markdown
        assert f"onnxruntime · {device} | cpu | fp32 | 1 | measured" in markdown
        assert f",{device}," in table
    assert "what it printed is not a JSON file" in page


def test_a_device_of_this_machine_keeps_the_files_of_its_own(run: Run) -> None:
    own = json.loads((run.out / "devices" / "desk" / "bench.json").read_text())
    (row,) = [row for row in own["rows"] if (row["runtime"], row["status"]) == ("numpy", "measured")]
    assert row["infer_ms"] == run.rows("desk", "measured")["numpy"]["infer_ms"]
    assert not (run.out / "devices" / "laboratory").exists()


def test_the_printed_table_names_the_device_of_each_row_and_each_copy(run: Run) -> None:
    header, *lines = run.finished.out.splitlines()
    assert header.startswith("device")
    for device in ("desk", "laboratory"):
        assert sum(line.startswith(device + " ") for line in lines) >= run.count(device)
        assert any(line.startswith(f"{device}: one {SIZE} frame copied") for line in lines)
