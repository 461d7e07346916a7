from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_enhancer

from arllie_deploy.export.onnx import write
from arllie_deploy.export.parity import mirrored, parity_frames, verify
from arllie_deploy.export.request import Request
from arllie_deploy.export.targets import TARGETS


@pytest.mark.parametrize("size", [(1, 1), (251, 67), (1000, 700)])
def test_every_frame_has_the_size_asked_for(size: tuple[int, int]) -> None:
    frames = dict(parity_frames(*size))
    assert list(frames) == ["night", "random", "black", "white", "saturated", "checkerboard"]
    for frame in frames.values():
        assert (frame.shape, frame.dtype) == ((size[1], size[0], 3), np.uint8)


def test_the_night_frame_is_dark_and_the_checkerboard_extreme() -> None:
    frames = dict(parity_frames(320, 180))
    assert 5 < frames["night"].mean() < 40
    assert set(np.unique(frames["checkerboard"])) == {0, 255}


def test_a_mirrored_picture_has_no_seam() -> None:
    picture = np.arange(5, dtype=np.uint8).repeat(3).reshape(1, 5, 3)
    assert mirrored(picture, 12, 2)[0, :, 0].tolist() == [0, 1, 2, 3, 4, 4, 3, 2, 1, 0, 0, 1]


@pytest.mark.skipif(not TARGETS["onnx-cpu"].availability().ok, reason="onnx or onnxsim is missing")
def test_the_gate_passes_the_model_and_stops_another(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    write(Request(random_enhancer(seed=0), "onnx-cpu", "fp32", (64, 48), path))
    right, wrong = (verify(random_enhancer(seed=seed), "onnxruntime", {(64, 48): path}, "fp32") for seed in (0, 1))
    assert right.failed is None
    assert wrong.failed is not None
    assert wrong.failed.startswith("frame night at 64x48: max ")
