import numpy as np
import pytest
from support.raw_frames import MATRIX, XYZ_TO_CAMERA

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.srgb import TO_XYZ
from arllie_deploy.raw.matrix import camera_to_srgb, xyz_to_camera


def test_a_camera_that_sees_srgb_needs_no_matrix() -> None:
    assert np.asarray(camera_to_srgb(np.linalg.inv(TO_XYZ))) == pytest.approx(np.eye(3), abs=1e-12)


def test_the_gains_of_a_camera_do_not_count_and_gray_stays_gray() -> None:
    xyz_to_camera = np.asarray(XYZ_TO_CAMERA)
    matrix = np.asarray(camera_to_srgb(xyz_to_camera))
    assert np.asarray(camera_to_srgb(np.diag([0.3, 1.0, 2.0]) @ xyz_to_camera)) == pytest.approx(matrix)
    assert matrix.sum(axis=1) == pytest.approx([1.0, 1.0, 1.0])


def test_a_color_of_srgb_is_found_again_through_the_camera() -> None:
    color = np.array([0.8, 0.3, 0.1])
    camera, white = (np.asarray(XYZ_TO_CAMERA) @ TO_XYZ @ light for light in (color, np.ones(3)))
    assert np.asarray(camera_to_srgb(np.asarray(XYZ_TO_CAMERA))) @ (camera / white) == pytest.approx(color)


def test_a_camera_that_does_not_tell_colors_apart_is_refused() -> None:
    with pytest.raises(ArllieError, match="has no inverse"):
        camera_to_srgb(np.ones((3, 3)))


def test_a_camera_is_found_again_by_what_its_file_says() -> None:
    file_says = xyz_to_camera(MATRIX, (2.0, 1.0, 1.6))
    assert np.asarray(camera_to_srgb(np.asarray(file_says))) == pytest.approx(np.asarray(MATRIX))
    # Of white under D65 it sees what the gains undo.
    white = np.asarray(file_says) @ TO_XYZ.sum(axis=1)
    assert white == pytest.approx([0.5, 1.0, 0.625])
