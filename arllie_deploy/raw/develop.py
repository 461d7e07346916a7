"""The classical pipeline: white balance, demosaicing, color matrix, tone curve, sRGB. What a network has to beat."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import to_frame
from arllie_deploy.quality.srgb import to_encoded
from arllie_deploy.raw.demosaic import DEMOSAICS, MARGIN, with_margin
from arllie_deploy.raw.frame import RawFrame
from arllie_deploy.raw.packing import mirrored, normalized

Float64 = NDArray[np.float64]

# Rows at a time: the intermediates of a strip are small beside the picture.
_STRIP = 64


@dataclass(frozen=True)
class Tone:
    """A tone curve of encoded values [0, 1], and its inverse."""

    curve: Callable[[Float64], Float64]
    inverse: Callable[[Float64], Float64]


def _smoothstep(x: Float64) -> Float64:
    return x * x * (3.0 - 2.0 * x)


def _inverse_smoothstep(y: Float64) -> Float64:
    # The root in [0, 1] of 3x² − 2x³ = y by the trigonometric solution of the cubic.
    return 0.5 - np.sin(np.arcsin(1.0 - 2.0 * y) / 3.0)


#: By name: none, and the S-shaped curve that stands for a camera's in Brooks et al., CVPR 2019, section 3.1.
TONES = {"linear": Tone(lambda x: x, lambda y: y), "smoothstep": Tone(_smoothstep, _inverse_smoothstep)}


@dataclass(frozen=True)
class Rendering:
    """The choices of the pipeline that no camera file makes.

    Attributes:
        exposure: gain on linear light, > 0.
        tone: a name of `TONES`.
        demosaic: a name of `DEMOSAICS`.

    Raises:
        ArllieError: on anything else.
    """

    exposure: float = 1.0
    tone: str = "linear"
    demosaic: str = "malvar"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.exposure) and self.exposure > 0.0):
            raise ArllieError(f"exposure is a gain of {self.exposure!r}; give a number above 0")
        for what, name, table in (("tone curve", self.tone, TONES), ("demosaicing", self.demosaic, DEMOSAICS)):
            if name not in table:
                near = get_close_matches(name, table, 1)
                hint = f"did you mean {near[0]!r}? " if near else ""
                raise ArllieError(f"unknown {what} {name!r}; {hint}known: {', '.join(table)}")


def develop(frame: RawFrame, rendering: Rendering | None = None, dtype: DTypeLike = np.uint8) -> NDArray[Any]:
    """The frame as a picture, strip by strip.

    Light is clipped at saturation after the white balance, so that what is saturated becomes white, not tinted.

    Args:
        frame: without a color matrix its colors are shown as they are.
        rendering: None is the plain one.
        dtype: uint8 or uint16.

    Returns:
        (height, width, 3), sRGB, as the sensor saw it: `frame.orientation` is not applied.
    """
    choice = rendering or Rendering()
    padded = with_margin(mirrored(frame.mosaic, frame.pattern))
    picture = np.empty((*frame.mosaic.shape, 3), dtype)
    for top in range(0, len(picture), _STRIP):
        rows = min(_STRIP, len(picture) - top)
        light = normalized(padded[top : top + rows + 2 * MARGIN], frame)
        camera = DEMOSAICS[choice.demosaic](light)
        picture[top : top + rows] = to_frame(render(camera, frame, choice), dtype)
    return np.ascontiguousarray(mirrored(picture, frame.pattern))


def render(camera: Float64, frame: RawFrame, rendering: Rendering) -> Float64:
    """Colors of the camera as encoded sRGB.

    Args:
        camera: (height, width, 3) linear light of the camera, white-balanced; 1 is white.
        frame: whose color matrix is taken.
        rendering: its exposure and tone curve.

    Returns:
        The same shape, in [0, 1].
    """
    light = camera if frame.color_matrix is None else camera @ np.asarray(frame.color_matrix).T
    encoded = to_encoded(np.clip(light * rendering.exposure, 0.0, 1.0))
    return TONES[rendering.tone].curve(encoded)
