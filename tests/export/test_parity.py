from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_enhancer

from arllie_deploy.export.onnx import write
from arllie_deploy.export.parity import LIMITS, Check, Limit, mirrored, parity_frames, verify
from arllie_deploy.export.request import Request
from arllie_deploy.export.targets import TARGETS
from arllie_deploy.pictures.dark_set import dark_pictures
from arllie_deploy.quality.parity import Parity

needs_onnx = pytest.mark.skipif(not TARGETS["onnx-cpu"].availability().ok, reason="onnx or onnxsim is missing")


@pytest.mark.parametrize("size", [(1, 1), (251, 67), (1000, 700)])
def test_every_frame_has_the_size_asked_for(size: tuple[int, int]) -> None:
    frames = list(parity_frames(*size))
    extreme = ["random", "black", "white", "saturated", "checkerboard"]
    assert [frame.name for frame in frames] == [*dark_pictures(), *extreme]
    assert [frame.dark for frame in frames] == [True] * 8 + [False] * 5
    for frame in frames:
        assert (frame.pixels.shape, frame.pixels.dtype) == ((size[1], size[0], 3), np.uint8)


def test_the_pictures_are_dark_and_the_checkerboard_extreme() -> None:
    for frame in parity_frames(320, 180):
        if frame.dark:
            assert frame.pixels.mean() < 64, frame.name
        if frame.name == "checkerboard":
            assert set(np.unique(frame.pixels)) == {0, 255}


def test_a_mirrored_picture_has_no_seam() -> None:
    picture = np.arange(5, dtype=np.uint8).repeat(3).reshape(1, 5, 3)
    assert mirrored(picture, 12, 2)[0, :, 0].tolist() == [0, 1, 2, 3, 4, 4, 3, 2, 1, 0, 0, 1]


@needs_onnx
def test_the_gate_passes_the_model_and_stops_another(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    write(Request(random_enhancer(seed=0), "onnx-cpu", "fp32", (64, 48), path))
    checks = [Check(path, (64, 48))]
    right, wrong = (verify(random_enhancer(seed=seed), "onnxruntime", checks, LIMITS["fp32"]) for seed in (0, 1))
    assert right.failed is None
    assert right.executed_by == "onnxruntime on the CPU"
    assert right.dark_differing is not None
    assert wrong.dark_differing is not None
    assert right.dark_differing < 1e-4 < 0.5 < wrong.dark_differing
    assert wrong.failed is not None
    assert wrong.failed.startswith(f"frame {next(iter(dark_pictures()))} at 64x48: max ")


@needs_onnx
def test_a_check_of_one_frame_runs_the_first_dark_one(tmp_path: Path) -> None:
    check = Check(tmp_path, (64, 48), one_frame=True)
    assert [frame.name for frame in check.frames()] == [next(iter(dark_pictures()))]


def parity(max_abs: float, psnr_db: float) -> Parity:
    return Parity(max_abs, max_abs, psnr_db, max_abs, max_abs)


@pytest.mark.parametrize(
    ("limit", "figures", "dark", "problem"),
    [
        (LIMITS["fp32"], parity(2e-5, 90), True, "max 2e-05, limit 1e-05"),
        (LIMITS["fp32"], parity(2e-5, 90), False, "max 2e-05, limit 1e-05"),
        (LIMITS["fp16"], parity(2e-5, 90), True, None),
        (LIMITS["int8"], parity(0.1, 44.9), True, "44.9 dB, limit 45 dB"),
        (LIMITS["int8"], parity(0.1, 45.1), True, None),
        (LIMITS["int8"], parity(0.5, 20.0), False, None),
        (LIMITS["int8"], parity(np.inf, -np.inf), False, "values that are not finite"),
        (LIMITS["int16x8"], parity(0.1, 54.9), True, "54.9 dB, limit 55 dB"),
        (LIMITS["fp32"], parity(np.nan, np.nan), False, "max nan, limit 1e-05"),
    ],
)
def test_limits_are_of_the_precision(limit: Limit, figures: Parity, dark: bool, problem: str | None) -> None:
    assert limit.problem(figures, dark=dark) == problem
