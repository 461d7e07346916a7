import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.enhancers import random_enhancer
from support.picture_files import random_pixels

from arllie_deploy.frames import to_unit
from arllie_deploy.quality.reference_error import border_error, interior_error

ENHANCER = random_enhancer()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@given(seed=st.integers(0, 2**32 - 1), height=st.integers(1, 9))
def test_a_frame_rounded_in_any_way_has_none(dtype: type, seed: int, height: int) -> None:
    z = np.random.default_rng(seed).random((height, 5, 3))
    levels = z * np.iinfo(dtype).max
    for rounded in (np.floor(levels + 0.5), np.ceil(levels - 0.5), np.rint(levels)):
        assert border_error(rounded.astype(dtype), z) == pytest.approx(0.0, abs=1e-9)
        assert interior_error(rounded.astype(dtype), z) == pytest.approx(0.0, abs=1e-9)


def test_a_wrong_border_is_seen_at_the_border_alone() -> None:
    frame = random_pixels(20, 30)
    reference = ENHANCER.reference(to_unit(frame))
    replicated = np.pad(frame, ((1, 1), (1, 1), (0, 0)), mode="edge")
    output = ENHANCER.enhance(replicated)[1:-1, 1:-1]
    assert border_error(output, reference) > 5.0
    assert interior_error(output, reference) == pytest.approx(0.0, abs=1e-9)


def test_a_wrong_pixel_inside_is_seen_inside_alone() -> None:
    frame = random_pixels(20, 30, np.uint16)
    reference = ENHANCER.reference(to_unit(frame))
    output = ENHANCER.enhance(frame)
    output[10, 10, 1] = np.uint16(int(output[10, 10, 1]) ^ 1024)
    assert interior_error(output, reference) == pytest.approx(1023.5, abs=1.0)
    assert border_error(output, reference) == pytest.approx(0.0, abs=1e-9)


def test_a_frame_of_one_row_is_all_border() -> None:
    frame = random_pixels(1, 30)
    reference = ENHANCER.reference(to_unit(frame))
    assert interior_error(255 - frame, reference) == 0.0
    assert border_error(255 - frame, reference) > 5.0
