"""Raw frames made of clean pictures: to train and score a camera pipeline."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.raw.network_planes import network_input, network_target
from arllie_deploy.raw.unprocess import draw_camera, unprocess
from arllie_deploy.training.data import Planes

_SEEDS = 2**63


def raw_planes(frame: NDArray[Any], rng: np.random.Generator) -> tuple[Planes, Planes]:
    """The frame as a camera that `draw_camera` draws might have recorded it, in the order RGGB, and what that saw.

    Args:
        frame: (height, width, 3) uint8 or uint16; both sides even and at least 4.
        rng: gives the camera, then the seed of the noise.

    Returns:
        (4, height / 2, width / 2) and (3, height, width), see `raw.network_planes`.
    """
    camera = draw_camera(rng)
    return network_input(unprocess(frame, camera, int(rng.integers(_SEEDS)))), network_target(frame, camera)
