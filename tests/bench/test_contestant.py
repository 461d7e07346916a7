from pathlib import Path

import numpy as np
import pytest

from arllie_deploy.bench.candidate import Candidate
from arllie_deploy.bench.contestant import Contestant, Material, Settings, judge, takes_part
from arllie_deploy.bench.status import Status
from arllie_deploy.bench.worker_process import WorkerError
from arllie_deploy.frames import to_frame

REFERENCE = np.random.default_rng(0).random((6, 7, 3))
FRAME = to_frame(REFERENCE, np.uint8)


@pytest.mark.parametrize("wanted", [1, 3, 7, 20])
def test_a_slow_engine_has_exactly_its_turns(wanted: int) -> None:
    turns = [number for number in range(20) if takes_part(number, wanted, 20)]
    assert len(turns) == wanted
    assert max(np.diff([-1, *turns]), default=0) <= -(-20 // wanted)


class HungWorker:
    """Stands in for a worker that does not answer."""

    closed = 0

    def ask(self, do: str, timeout_s: float, **arguments: object) -> None:
        raise WorkerError(f"no answer to {do!r}")

    def close(self) -> None:
        self.closed += 1


def test_a_worker_that_failed_is_ended_at_once_so_that_it_does_not_disturb_the_others(tmp_path: Path) -> None:
    worker = HungWorker()
    contestant = Contestant(Candidate(backend="cpu", runtime="numpy", size="7x6", threads=3), 1e-5, Settings())
    contestant.enter(worker, Material(tmp_path, tmp_path / "model", [], REFERENCE))  # type: ignore[arg-type]
    assert worker.closed == 1
    contestant.take_turn(0)
    row = contestant.row(lambda end_to_end: {})
    assert (row.status, row.reason, row.threads) == (Status.FAILED, "no answer to 'open'", 3)


def test_the_reference_itself_is_right() -> None:
    parity, wrong = judge(REFERENCE.astype(np.float32), FRAME, REFERENCE, 1e-5)
    assert wrong is None
    assert parity is not None
    assert parity.max_abs is not None
    assert 0 < parity.max_abs < 1e-7


def test_one_wrong_pixel_is_wrong() -> None:
    tensor = REFERENCE.astype(np.float32)
    tensor[0, 0, 0] += 2e-5
    parity, wrong = judge(tensor, FRAME, REFERENCE, 1e-5)
    assert wrong is not None
    assert "2e-05" in wrong
    assert parity is not None
    assert parity.border_max_abs == parity.max_abs


def test_one_level_too_many_in_the_frame_is_wrong() -> None:
    frame = FRAME.copy()
    frame[3, 3, 1] += 1
    assert judge(REFERENCE, frame, REFERENCE, 1e-5)[1] is not None


def test_a_level_that_rounding_explains_is_right() -> None:
    half = np.full((4, 4, 3), 100.5 / 255)
    for level in (100, 101):
        assert judge(half, np.full((4, 4, 3), level, np.uint8), half, 1e-5)[1] is None


def test_nan_is_wrong_and_has_no_figure() -> None:
    parity, wrong = judge(np.full_like(REFERENCE, np.nan), FRAME, REFERENCE, 1e-5)
    assert wrong is not None
    assert parity is not None
    assert parity.max_abs is None


@pytest.mark.parametrize(
    ("tensor", "frame", "said"),
    [(REFERENCE[1:], FRAME, "shape"), (REFERENCE, FRAME[1:], "shape"), (REFERENCE, FRAME.astype(np.uint16), "uint16")],
)
def test_another_shape_or_type_is_wrong(tensor: np.ndarray, frame: np.ndarray, said: str) -> None:
    parity, wrong = judge(tensor, frame, REFERENCE, 1e-5)
    assert parity is None
    assert wrong is not None
    assert said in wrong
