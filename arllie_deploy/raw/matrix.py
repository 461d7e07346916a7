"""Color matrices of cameras."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.srgb import TO_XYZ
from arllie_deploy.raw.frame import Gains, Matrix


def camera_to_srgb(xyz_to_camera: NDArray[np.floating]) -> Matrix:
    """The color matrix of `RawFrame` for the matrix that a DNG file calls ColorMatrix.

    The camera's colors of linear sRGB are scaled so that white is (1, 1, 1), which is what the white balance does to
    them, and inverted: the formula of dcraw's cam_xyz_coeff.

    Args:
        xyz_to_camera: (3, 3), CIE XYZ to the camera's colors under D65 or near it.

    Raises:
        ArllieError: if it has no inverse.
    """
    from_srgb = np.asarray(xyz_to_camera, np.float64) @ TO_XYZ
    try:
        inverse = np.linalg.inv(from_srgb / from_srgb.sum(axis=1, keepdims=True))
    except np.linalg.LinAlgError:
        raise ArllieError(f"the camera's color matrix {from_srgb.tolist()} has no inverse") from None
    return as_matrix(inverse)


def as_matrix(values: NDArray[np.floating]) -> Matrix:
    """Three rows of three floats."""
    first, second, third = ((float(row[0]), float(row[1]), float(row[2])) for row in values)
    return first, second, third


def xyz_to_camera(color_matrix: Matrix, white_balance: Gains) -> Matrix:
    """What `camera_to_srgb` takes, of a camera with this color matrix that needs these gains under D65."""
    gains = np.asarray(white_balance)
    from_srgb = np.linalg.inv(np.asarray(color_matrix)) * (gains[1] / gains)[:, None]
    return as_matrix(from_srgb @ np.linalg.inv(TO_XYZ))
