import numpy as np

from arllie_deploy.export.failure_picture import failure_picture


def test_the_worst_place_is_in_it_with_what_should_be_there() -> None:
    frame = np.full((600, 900, 3), 7, np.uint8)
    reference = np.full((600, 900, 3), 0.5)
    output = reference.copy()
    output[550, 880] = 1.0
    picture = failure_picture(frame, output, reference)
    assert picture.shape == (270, 3 * 480, 3)
    given, made, wanted = np.split(picture, 3, axis=1)
    assert (given == 7).all()
    assert (wanted == 128).all()
    assert np.argwhere(made[:, :, 0] == 255).tolist() == [[550 - 330, 880 - 420]]


def test_a_small_frame_is_shown_whole() -> None:
    assert failure_picture(np.zeros((5, 4, 3), np.uint8), np.ones((5, 4, 3)), np.zeros((5, 4, 3))).shape == (5, 12, 3)


def test_values_that_are_not_finite_are_the_worst_and_shown_black() -> None:
    output = np.full((300, 500, 3), 0.9)
    output[0, 0] = np.nan
    output[299, 499] = 0.0
    picture = failure_picture(np.zeros((300, 500, 3), np.uint8), output, np.full((300, 500, 3), 0.9))
    assert (picture[0, 480] == 0).all()
