"""What the harness adds to a call, measured in a worker with an engine that does nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from arllie_deploy.bench.worker_process import WorkerProcess
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.enhancer_file import save

_RUNTIME = "arllie_deploy.bench.no_op:ROW"
_CALLS = 20_000
_TIMEOUT_S = 60.0


def overhead_us(enhancer: Enhancer) -> float:
    """Microseconds per timed call of a turn, taking the next frame and noting the time included.

    Args:
        enhancer: any; the engine does not look at it.
    """
    with tempfile.TemporaryDirectory(prefix="arllie-overhead-") as scratch:
        model, frame = Path(scratch) / "model.safetensors", Path(scratch) / "frame.npy"
        save(enhancer, model)
        np.save(frame, np.zeros((4, 4, 3), np.uint8))
        with WorkerProcess(Path(scratch), "overhead") as worker:
            worker.ask("open", _TIMEOUT_S, runtime=_RUNTIME, source=str(model), threads=1)
            worker.ask("rotate", _TIMEOUT_S, frames=[str(frame)] * 2)
            worker.ask("turn", _TIMEOUT_S, what="end_to_end", calls=_CALLS, warm=True)
            turn = worker.ask("turn", _TIMEOUT_S, what="end_to_end", calls=_CALLS, warm=True)
    return 1000.0 * float(turn["wall_ms"]) / _CALLS
