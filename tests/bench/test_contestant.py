from pathlib import Path

import numpy as np
import pytest

from arllie_deploy.bench.candidate import Candidate
from arllie_deploy.bench.contestant import Contestant, Material, Settings, bandwidth_share, takes_part
from arllie_deploy.bench.status import Status
from arllie_deploy.bench.worker_process import WorkerError
from arllie_deploy.export.parity import LIMITS


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
    contestant = Contestant(
        Candidate(backend="cpu", runtime="numpy", size="7x6", threads=3), LIMITS["fp32"], Settings()
    )
    contestant.enter(worker, Material(tmp_path, tmp_path / "model", [], []))  # type: ignore[arg-type]
    assert worker.closed == 1
    contestant.take_turn(0)
    row = contestant.row(lambda end_to_end: {})
    assert (row.status, row.reason, row.threads) == (Status.FAILED, "no answer to 'open'", 3)


def test_a_gigabyte_a_second_moves_a_megabyte_in_a_millisecond() -> None:
    frame_bytes = 1_000_000
    assert bandwidth_share(frame_bytes, 1.0, 1e9) == pytest.approx(1.0, rel=1e-4)
    assert bandwidth_share(frame_bytes, 4.0, 1e9) == pytest.approx(0.25, rel=1e-4)
    assert bandwidth_share(frame_bytes, 0.0, 1e9) is None
