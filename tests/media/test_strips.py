from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.enhancers import random_enhancer
from support.picture_files import random_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.media.strips import enhance_in_strips
from arllie_deploy.runtimes import RUNTIMES, OpenedModel

ENHANCER = random_enhancer()
MODEL = RUNTIMES["numpy"].open(ENHANCER, 1)

dtypes = st.sampled_from([np.uint8, np.uint16])
sides = st.integers(1, 24)


class _Limited:
    """A model that takes 8-bit frames of one size, or of any, and notes the frames it was given."""

    layout = "NHWC"
    threads = 1
    frame_dtypes = frozenset((np.dtype(np.uint8),))

    def __init__(self, size: tuple[int, int] | None) -> None:
        self.size = size
        self.shapes: list[tuple[int, ...]] = []

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        return tensor

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        self.shapes.append(frame.shape)
        return 255 - frame


@given(sides, sides, st.integers(1, 30), dtypes, st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_strips_of_any_height_give_the_whole_frame(height: int, width: int, rows: int, dtype: type, seed: int) -> None:
    frame = random_pixels(height, width, dtype, seed)
    result = enhance_in_strips(MODEL, frame, rows=rows)
    assert result.dtype == dtype
    assert np.array_equal(result, ENHANCER.enhance(frame))


@pytest.mark.parametrize("name", [name for name, row in RUNTIMES.items() if row.opens_enhancer and name != "numpy"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_strips_of_every_engine_are_within_one_level(name: str, dtype: type) -> None:
    row = RUNTIMES[name]
    if not row.availability().ok:
        pytest.skip(f"{name} is not installed")
    model = row.open(ENHANCER, 1)
    if np.dtype(dtype) not in model.frame_dtypes:
        with pytest.raises(ArllieError, match="use --runtime numpy"):
            enhance_in_strips(model, random_pixels(8, 8, dtype))
        return
    frame = random_pixels(37, 23, dtype)
    whole = model.run(frame).astype(int)
    for rows in (1, 5, 36, 37):
        assert np.abs(enhance_in_strips(model, frame, rows=rows) - whole).max() <= 1


@given(sides, sides, st.integers(1, 30), dtypes, st.floats(0.0, 1.0), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_strength_mixes_and_rounds_half_up(
    height: int, width: int, rows: int, dtype: type, strength: float, seed: int
) -> None:
    frame = random_pixels(height, width, dtype, seed)
    result = enhance_in_strips(MODEL, frame, rows=rows, strength=strength)
    mixed = (1.0 - strength) * frame.astype(np.float64) + strength * ENHANCER.enhance(frame).astype(np.float64)
    assert np.array_equal(result, np.floor(mixed + 0.5))
    assert result.shape == frame.shape


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_strength_0_is_the_input_and_1_the_models_output(dtype: type) -> None:
    frame = random_pixels(20, 11, dtype)
    untouched = enhance_in_strips(MODEL, frame, rows=7, strength=0.0)
    assert np.array_equal(untouched, frame)
    assert not np.may_share_memory(untouched, frame)
    assert np.array_equal(enhance_in_strips(MODEL, frame, rows=7, strength=1.0), ENHANCER.enhance(frame))


def test_a_half_is_rounded_up() -> None:
    frame = np.full((2, 2, 3), 100, np.uint8)
    # 255 − 100 = 155; the mean of 100 and 155 is 127.5.
    assert (enhance_in_strips(_Limited(None), frame, strength=0.5) == 128).all()


def test_no_strip_is_higher_than_asked_and_its_two_neighbors() -> None:
    model = _Limited(None)
    enhance_in_strips(model, random_pixels(100, 3), rows=16)
    assert max(shape[0] for shape in model.shapes) == 18
    assert len(model.shapes) == 7


def test_a_model_of_one_size_gets_the_whole_frame_or_refuses() -> None:
    model = _Limited((30, 40))
    enhance_in_strips(model, random_pixels(30, 40), rows=4)
    assert model.shapes == [(30, 40, 3)]
    for shape in ((40, 30), (30, 41), (60, 40)):
        with pytest.raises(ArllieError, match=rf"takes only 40×30 frames and this one is {shape[1]}×{shape[0]}"):
            enhance_in_strips(model, random_pixels(*shape))


def test_a_dtype_that_the_model_does_not_take_names_a_runtime_that_does() -> None:
    with pytest.raises(ArllieError, match="takes uint8 frames and the picture is uint16; use --runtime numpy"):
        enhance_in_strips(_Limited(None), random_pixels(4, 4, np.uint16))


def test_the_result_goes_to_the_given_array() -> None:
    frame = random_pixels(20, 11)
    out = np.zeros_like(frame)
    assert enhance_in_strips(MODEL, frame, rows=6, out=out) is out
    assert np.array_equal(out, ENHANCER.enhance(frame))


def test_progress_rises_to_1() -> None:
    shares: list[float] = []
    enhance_in_strips(MODEL, random_pixels(20, 11), rows=6, progress=shares.append)
    assert shares == [6 / 20, 12 / 20, 18 / 20, 1.0]


FRAME = random_pixels(8, 9)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"rows": 0}, "a strip has at least 1"),
        ({"strength": 1.01}, "give a number from 0"),
        ({"strength": -0.5}, "give a number from 0"),
        ({"strength": float("nan")}, "give a number from 0"),
        ({"out": np.zeros((8, 9, 3), np.uint16)}, "expected uint8"),
        ({"out": np.zeros((9, 8, 3), np.uint8)}, "expected uint8"),
        ({"out": FRAME}, "shares memory"),
    ],
    ids=str,
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], says: str) -> None:
    model: OpenedModel = MODEL
    with pytest.raises(ArllieError, match=says):
        enhance_in_strips(model, FRAME, **arguments)
