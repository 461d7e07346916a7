"""What a raw network is given, what it gives, and what is made of that: one definition for training and for use.

The network does what demosaicing does in `develop`, and removes the noise. It is given the mosaic as `packing` packs
it: mirrored to RGGB, levels and white balance applied, light clipped to [0, 1]. It gives the picture in the camera's
white-balanced colors. Both are encoded by sRGB's curve, by which an error in the dark counts as much as it is seen.
The color matrix, which only a frame's file knows, the exposure and the tone curve stay `develop.render`'s.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from arllie_deploy.frames import to_frame
from arllie_deploy.quality.srgb import to_encoded, to_linear
from arllie_deploy.raw.develop import Rendering, render
from arllie_deploy.raw.frame import RawFrame, applied_gains
from arllie_deploy.raw.packing import SITES, mirrored, normalized
from arllie_deploy.raw.unprocess import Camera, camera_light

Float32 = NDArray[np.float32]

# Rows at a time: the intermediates in float64 are small beside the planes.
_STRIP = 64


def network_input(frame: RawFrame) -> Float32:
    """A frame as a network takes it.

    Returns:
        (4, height / 2, width / 2) in [0, 1]: red, green in the rows of red, green in the rows of blue, blue; mirrored
        as in `pack`.
    """
    mosaic = mirrored(frame.mosaic, frame.pattern)
    height, width = mosaic.shape
    planes = np.empty((4, height // 2, width // 2), np.float32)
    for top in range(0, height, _STRIP):
        encoded = to_encoded(normalized(mosaic[top : top + _STRIP], frame))
        for plane, (row, column) in zip(planes, SITES, strict=True):
            plane[top // 2 : (top + _STRIP) // 2] = encoded[row::2, column::2]
    return planes


def network_target(picture: NDArray[Any], camera: Camera) -> Float32:
    """What a network should make of `network_input(unprocess(picture, camera, seed))`.

    Args:
        picture: (height, width, 3) uint8 or uint16, sRGB; both sides even and at least 4.
        camera: its numbers.

    Returns:
        (3, height, width) in [0, 1], mirrored as the planes are.
    """
    light = np.clip(camera_light(picture, camera) * applied_gains(camera.white_balance), 0.0, 1.0)
    encoded = to_encoded(mirrored(light, camera.pattern))
    return np.ascontiguousarray(np.moveaxis(encoded, 2, 0), np.float32)


def rendered(output: Float32, frame: RawFrame, rendering: Rendering, dtype: DTypeLike = np.uint8) -> NDArray[Any]:
    """What a network made of a frame, or of a part of it, as a picture.

    Args:
        output: (3, rows, columns); what is outside [0, 1] is clipped.
        frame: whose color matrix is taken.
        rendering: its exposure and tone curve; its demosaicing is not looked at.
        dtype: uint8 or uint16.

    Returns:
        (rows, columns, 3), sRGB, mirrored as the planes are: `mirrored(picture, frame.pattern)` is as the sensor saw.
    """
    picture = np.empty((*output.shape[1:], 3), dtype)
    for top in range(0, len(picture), _STRIP):
        encoded = np.moveaxis(output[:, top : top + _STRIP], 0, 2)
        light = to_linear(np.clip(encoded, 0.0, 1.0))
        picture[top : top + _STRIP] = to_frame(render(light, frame, rendering), dtype)
    return picture
