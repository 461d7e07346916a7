"""A small model, its artifacts and its judges, for tests of what is timed on a phone."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from arllie_deploy.bench.adb.rows import Task, Tools
from arllie_deploy.bench.adb.session import Limits
from arllie_deploy.bench.backends.base import Entry
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.judgement import judge
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.export.parity import LIMITS
from arllie_deploy.export.request import Request
from arllie_deploy.export.targets import TARGETS
from arllie_deploy.frames import to_unit
from arllie_deploy.models import find_fixed_model

SIZE = (16, 12)
FRAME = np.random.default_rng(0).integers(0, 60, (SIZE[1], SIZE[0], 3), np.uint8)
QUICK = Limits(command_s=10, transfer_s=10, return_s=5)


def model() -> Enhancer:
    """The plain form, which every accelerator takes."""
    return find_fixed_model("arllie-plain-lol")


def subject() -> Subject:
    """One small dark frame."""
    return Subject(model(), [FRAME], None)


def exported(folder: Path, precision: str) -> Path:
    """The .tflite artifact; skips where the package is missing."""
    pytest.importorskip("ai_edge_litert", reason='pip install "arllie-deploy[tflite]"')
    from arllie_deploy.export.tflite import write

    path = folder / f"model-{precision}.tflite"
    write(Request(model(), "tflite-nnapi", precision, SIZE, path, (FRAME,)))
    return path


def native_library(folder: Path, enhancer: Enhancer | None = None) -> Path:
    """The native kernel's artifact for AArch64, with its runner beside it; skips where it cannot be made."""
    target = TARGETS["native-arm64-android"]
    if not target.availability().ok:
        pytest.skip(str(target.availability().reason))
    path = folder / "model.a"
    target.writer()(Request(enhancer or model(), target.name, target.precisions[0], SIZE, path))
    return path


def right_int8() -> tuple[bytes, bytes]:
    """Input and output tensors of the int8 artifact for the frame: bytes with the top bit flipped."""
    return (FRAME ^ 0x80).tobytes(), (model().enhance(FRAME) ^ 0x80).tobytes()


def judge_int8(tensor: NDArray[Any], frame: NDArray[Any]) -> Any:
    """Compares with the reference."""
    return judge(tensor, frame, model().reference(to_unit(FRAME)), LIMITS["int8"])


def task(
    *backends: str,
    tools: Tools | None = None,
    artifacts: Mapping[str, Sequence[Entry]] | None = None,
    waits: Limits = QUICK,
) -> Task:
    """What is to be timed, with few calls."""
    from arllie_deploy.bench.adb.benchmark_model import Rounds

    return Task(
        backends=backends,
        subject=subject(),
        artifacts=artifacts or {},
        tools=tools or Tools(),
        limits=LIMITS,
        rounds=Rounds(rounds=2, warm_up_s=0.0),
        runs=4,
        waits=waits,
    )


def candidate(backend: str, artifact: Path) -> Candidate:
    """An artifact for an accelerator."""
    target = TARGETS[{"cpu": "native-arm64-android", "npu": "tflite-nnapi", "dsp": "tflite-hexagon"}[backend]]
    return Candidate(
        backend=backend,
        runtime=target.runtime,
        target=target.name,
        accelerator=target.accelerator,
        precision="int8x16" if backend == "cpu" else "int8",
        artifact=artifact,
        size=f"{SIZE[0]}x{SIZE[1]}",
    )
