import os
import time
from pathlib import Path
from typing import Any

import pytest

from arllie_deploy.export.child import ChildError, run_child


@pytest.fixture(autouse=True)
def steps_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    places = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, places)))


def run(timeout_s: float = 60, **request: Any) -> Any:
    return run_child("support.crashing_step", request, timeout_s)


def test_the_answer_comes_back_whatever_is_printed() -> None:
    assert run(do="answer", value=[1, "ü"]) == {"echo": [1, "ü"]}


@pytest.mark.parametrize(
    ("do", "message"),
    [("raise", "ArllieError: the model is made of cheese"), ("crash", "crashed with SIGSEGV"), ("silent", "no output")],
)
def test_a_failure_is_one_line(do: str, message: str) -> None:
    with pytest.raises(ChildError) as caught:
        run(do=do)
    assert str(caught.value) == message


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_step_that_hangs_is_killed_with_all_it_started(tmp_path: Path) -> None:
    with pytest.raises(ChildError, match="took longer than 3 s"):
        run(3, do="hang", pids=str(tmp_path / "pids"))
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 2
    deadline = time.monotonic() + 5
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(is_running, pids))
