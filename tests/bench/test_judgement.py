from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from arllie_deploy.bench.judgement import judge, unjudged_problem
from arllie_deploy.export.parity import LIMITS
from arllie_deploy.frames import to_frame

FP32, INT8 = LIMITS["fp32"], LIMITS["int8"]
REFERENCE = np.random.default_rng(0).random((6, 7, 3))
FRAME = to_frame(REFERENCE, np.uint8)


def test_the_reference_itself_is_right() -> None:
    parity, wrong = judge(REFERENCE.astype(np.float32), FRAME, REFERENCE, FP32)
    assert wrong is None
    assert parity is not None
    assert parity.max_abs is not None
    assert 0 < parity.max_abs < 1e-7


def test_one_wrong_pixel_is_wrong() -> None:
    tensor = REFERENCE.astype(np.float32)
    tensor[0, 0, 0] += 2e-5
    parity, wrong = judge(tensor, FRAME, REFERENCE, FP32)
    assert wrong is not None
    assert "2e-05" in wrong
    assert parity is not None
    assert parity.border_max_abs == parity.max_abs


def test_one_level_too_many_in_the_frame_is_wrong() -> None:
    frame = FRAME.copy()
    frame[3, 3, 1] += 1
    assert judge(REFERENCE, frame, REFERENCE, FP32)[1] is not None


def test_a_level_that_rounding_explains_is_right() -> None:
    half = np.full((4, 4, 3), 100.5 / 255)
    for level in (100, 101):
        assert judge(half, np.full((4, 4, 3), level, np.uint8), half, FP32)[1] is None


def test_nan_is_wrong_and_has_no_figure() -> None:
    parity, wrong = judge(np.full_like(REFERENCE, np.nan), FRAME, REFERENCE, FP32)
    assert wrong is not None
    assert parity is not None
    assert parity.max_abs is None


@pytest.mark.parametrize(
    ("tensor", "frame", "said"),
    [(REFERENCE[1:], FRAME, "shape"), (REFERENCE, FRAME[1:], "shape"), (REFERENCE, FRAME.astype(np.uint16), "uint16")],
)
def test_another_shape_or_type_is_wrong(tensor: np.ndarray, frame: np.ndarray, said: str) -> None:
    parity, wrong = judge(tensor, frame, REFERENCE, FP32)
    assert parity is None
    assert wrong is not None
    assert said in wrong


def coarse(step: float) -> np.ndarray:
    return np.round(REFERENCE / step) * step


@pytest.mark.parametrize(("step", "right"), [(1 / 255, True), (1 / 100, True), (1 / 20, False)])
def test_integers_are_judged_by_their_psnr(step: float, right: bool) -> None:
    """Rounding to steps of s has a PSNR of −20·log10(s/√12): 58.9, 50.8 and 36.8 dB."""
    tensor = coarse(step)
    parity, wrong = judge(tensor.astype(np.float32), to_frame(tensor, np.uint8), REFERENCE, INT8)
    assert (wrong is None) is right
    assert parity is not None
    assert (parity.limit_max_abs, parity.limit_dark_psnr_db) == (None, INT8.dark_psnr_db)
    assert right or "dB, limit 45 dB" in str(wrong)


def test_a_frame_worse_than_rounding_explains_is_wrong_in_integers_too() -> None:
    swapped = FRAME[:, :, ::-1]
    assert "uint8 frame is" in str(judge(REFERENCE, swapped, REFERENCE, INT8)[1])
    assert judge(REFERENCE, FRAME, REFERENCE, INT8)[1] is None


@pytest.mark.parametrize(
    ("tensor", "frame", "problem"),
    [
        (np.zeros((6, 7, 3)), np.zeros((6, 7, 3), np.uint8), None),
        (np.full((6, 7, 3), np.nan), np.zeros((6, 7, 3), np.uint8), "not finite"),
        (np.full((6, 7, 3), np.inf), np.zeros((6, 7, 3), np.uint8), "not finite"),
        (np.zeros((7, 6, 3)), np.zeros((6, 7, 3), np.uint8), "output tensor has shape"),
        (np.zeros((6, 7, 3)), np.zeros((6, 7, 3)), "not uint8"),
    ],
)
def test_without_a_reference_the_form_and_finite_values_are_checked(
    tensor: NDArray[Any], frame: NDArray[Any], problem: str | None
) -> None:
    found = unjudged_problem(tensor, frame, (6, 7, 3))
    assert found is None if problem is None else problem in str(found)
