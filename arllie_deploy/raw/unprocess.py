"""Raw frames made of ordinary pictures, to train on: the classical pipeline run backwards, then a sensor's noise.

After Brooks, Mildenhall, Xue, Chen, Sharlet, Barron, "Unprocessing Images for Learned Raw Denoising", CVPR 2019. Where
it differs: the curve is sRGB's own in place of a power of 2.2, the noise is Poisson's and Gauss's in place of a normal
one of the same variance, and the mosaic is rounded to the sensor's bits above a black level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import check_frame, to_unit
from arllie_deploy.quality.sensor import NOISELESS, Seed, Sensor
from arllie_deploy.quality.srgb import to_linear
from arllie_deploy.raw.develop import TONES, Rendering
from arllie_deploy.raw.frame import Gains, Matrix, RawFrame, applied_gains, check_size
from arllie_deploy.raw.matrix import camera_to_srgb
from arllie_deploy.raw.packing import mirrored

Float64 = NDArray[np.float64]

# CIE XYZ to the colors of four cameras, as the authors of the paper released them for those of the Darmstadt Noise
# Dataset (github.com/google-research/google-research, folder unprocessing).
_CAMERAS = np.array(
    [
        [[1.0234, -0.2969, -0.2266], [-0.5625, 1.6328, -0.0469], [-0.0703, 0.2188, 0.6406]],
        [[0.4913, -0.0541, -0.0202], [-0.6130, 1.3513, 0.2906], [-0.1564, 0.2151, 0.7183]],
        [[0.8380, -0.2630, -0.0639], [-0.2887, 1.0725, 0.2496], [-0.0627, 0.1427, 0.5438]],
        [[0.6596, -0.2079, -0.0562], [-0.4782, 1.3016, 0.1933], [-0.0970, 0.1581, 0.5181]],
    ]
)
# Section 3.2 of the paper: from this mean of the channels on the inverse gains fade to 1.
_HIGHLIGHTS = 0.9
_CURVED = Rendering(tone="smoothstep")


@dataclass(frozen=True)
class Camera:
    """The camera and the rendering that a picture is taken to come from.

    Attributes:
        white_balance: gains of red, green and blue that its rendering applied, > 0.
        color_matrix: white-balanced camera colors to linear sRGB, rows that sum to 1.
        rendering: the exposure and the tone curve that were applied; its demosaicing says nothing here.
        sensor: the noise, on light in units of saturation.
        pattern: one of `PATTERNS`.
        bits: of a value, 10 to 16.
        black: the value without light, below half of the range.

    Raises:
        ArllieError: on a value out of range.
    """

    white_balance: Gains
    color_matrix: Matrix
    rendering: Rendering = _CURVED
    sensor: Sensor = NOISELESS
    pattern: str = "RGGB"
    bits: int = 12
    black: float = 256.0

    def __post_init__(self) -> None:
        if self.bits not in range(10, 17):
            raise ArllieError(f"{self.bits} bits a value; a sensor has 10 to 16")
        if not 0.0 <= self.black < self.white / 2.0:
            raise ArllieError(f"the black level is {self.black:g}; give 0 to half of {self.white:g}")
        self.frame(np.zeros((4, 4), np.uint16))

    @property
    def white(self) -> float:
        """The value of saturation."""
        return float((1 << self.bits) - 1)

    def frame(self, mosaic: NDArray[np.uint16]) -> RawFrame:
        """A mosaic as this camera took it."""
        levels = (self.black,) * 4
        return RawFrame(mosaic, self.pattern, self.white, levels, self.white_balance, self.color_matrix)


def draw_camera(rng: np.random.Generator) -> Camera:
    """A camera as the paper draws them, section 3.

    The color matrix is that of a random mixture of four cameras. Gains of red and blue are uniform in 1.9 to 2.4 and in
    1.5 to 1.9, and the exposure is one over a normal number (0.8, 0.1); not below 1 here, where white would be lost.
    The shot noise is log-uniform in 0.0001 to 0.012; the logarithm of the read noise's variance is 2.18 times that of
    the shot noise, plus a normal number (1.20, 0.26).
    """
    mixture = rng.uniform(size=4)
    matrix = camera_to_srgb(np.tensordot(mixture / mixture.sum(), _CAMERAS, 1))
    exposure = max(1.0, 1.0 / float(rng.normal(0.8, 0.1)))
    balance = (float(rng.uniform(1.9, 2.4)), 1.0, float(rng.uniform(1.5, 1.9)))
    return Camera(balance, matrix, Rendering(exposure, "smoothstep"), draw_noise(rng))


def draw_noise(rng: np.random.Generator) -> Sensor:
    """The noise of `draw_camera`."""
    shot = rng.uniform(math.log(0.0001), math.log(0.012))
    variance = rng.normal(2.18 * shot + 1.20, 0.26)
    return Sensor(shot=math.exp(shot), read=math.exp(variance / 2.0))


def unprocess(frame: NDArray[Any], camera: Camera, seed: Seed) -> RawFrame:
    """The frame as `camera` might have recorded it, so that `develop` with `camera.rendering` gives it back.

    Without noise it comes back but for what the mosaic left out, the rounding, colors that the camera does not have,
    and highlights: where the mean of the camera's channels is above 0.9 it may come back brighter, up to white.

    Args:
        frame: (height, width, 3) uint8 or uint16, sRGB; both sides even and at least 4.
        camera: its numbers.
        seed: of the noise; the same seed gives the same frame.

    Raises:
        ArllieError: on another shape or dtype.
    """
    check_frame(frame)
    check_size(frame.shape[1], frame.shape[0])
    light = mosaicked(camera_light(frame, camera), camera.pattern)
    reading = camera.sensor.expose(light, np.random.default_rng(seed))
    values = np.floor(camera.black + reading * (camera.white - camera.black) + 0.5)
    return camera.frame(np.clip(values, 0.0, camera.white).astype(np.uint16))


def camera_light(frame: NDArray[Any], camera: Camera) -> Float64:
    """What falls on the sensor in every color: (height, width, 3) in [0, 1], before mosaic and noise."""
    encoded = TONES[camera.rendering.tone].inverse(to_unit(frame))
    light = to_linear(encoded) @ np.linalg.inv(np.asarray(camera.color_matrix)).T
    return np.clip(_without_gains(light, camera), 0.0, 1.0)


def mosaicked(light: Float64, pattern: str) -> Float64:
    """Of (height, width, 3) the one color of each pixel that a pattern leaves: (height, width)."""
    rgb = mirrored(light, pattern)
    mosaic = rgb[:, :, 1].copy()
    mosaic[0::2, 0::2] = rgb[0::2, 0::2, 0]
    mosaic[1::2, 1::2] = rgb[1::2, 1::2, 2]
    return np.ascontiguousarray(mirrored(mosaic, pattern))


def _without_gains(light: Float64, camera: Camera) -> Float64:
    """White-balanced light before its gains; near white they fade to 1, or saturated things would turn gray."""
    inverse = 1.0 / (applied_gains(camera.white_balance) * camera.rendering.exposure)
    gray = light.mean(axis=2, keepdims=True)
    fade = np.clip((gray - _HIGHLIGHTS) / (1.0 - _HIGHLIGHTS), 0.0, 1.0) ** 2
    return np.asarray(light * np.maximum(fade + (1.0 - fade) * inverse, inverse), np.float64)
