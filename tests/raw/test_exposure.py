import numpy as np
import pytest
from support.raw_frames import raw_frame

from arllie_deploy.errors import ArllieError
from arllie_deploy.raw.exposure import Exposure, exposure_of, exposure_warning, refuse_blank


def _frame(black: int, white: int) -> np.ndarray:
    """Of 1000 pixels these many at black and at white, the others between."""
    mosaic = np.full(1000, 500, np.uint16)
    mosaic[:black], mosaic[1000 - white :] = 64, 1023
    return mosaic.reshape(20, 50)


def test_shares_count_the_levels_themselves() -> None:
    assert exposure_of(raw_frame(_frame(300, 100), black=(64.0,) * 4)) == Exposure(0.3, 0.1)


@pytest.mark.parametrize(
    ("black", "white", "says"),
    [(999, 1, r"a black frame: 99\.9% .* black level \(64\)"), (1, 999, r"a saturated frame: .* white level \(1023\)")],
)
def test_frames_with_nothing_in_them_are_refused(black: int, white: int, says: str) -> None:
    with pytest.raises(ArllieError, match=says):
        refuse_blank(raw_frame(_frame(black, white), black=(64.0,) * 4))


def test_a_dark_frame_with_a_light_in_it_is_a_frame() -> None:
    frame = raw_frame(_frame(990, 0), black=(64.0,) * 4)
    refuse_blank(frame)
    assert exposure_warning(frame) == (
        "99.0% of the pixels are at the black level or below: nothing can be made of them"
    )


def test_much_saturation_is_said_and_little_is_not() -> None:
    assert exposure_warning(raw_frame(_frame(0, 50), black=(64.0,) * 4)) == (
        "5.0% of the pixels are saturated: they become white"
    )
    assert exposure_warning(raw_frame(_frame(499, 49), black=(64.0,) * 4)) is None
