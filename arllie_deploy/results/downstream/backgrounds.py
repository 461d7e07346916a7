"""What lies behind: pictures inside scikit-image's wheel, and made textures."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.frames import to_unit
from arllie_deploy.quality.srgb import to_linear
from arllie_deploy.results.downstream.scene import HEIGHT, WIDTH, Float64

TEXTURE = "texture"
# Without people, because a face is something to be found.
PICTURES = ("chelsea", "coffee", "rocket", "brick", "gravel", "grass")
BACKGROUNDS = (*PICTURES, TEXTURE)
# A cut-out is at least this share of the largest one of the frame's shape.
_LEAST_CUT = 0.55
# Mean and spread of a texture's linear light, about those of a gray card and of stone.
_TEXTURE_MEAN, _TEXTURE_CONTRAST = 0.18, 0.35


def background(name: str, rng: np.random.Generator) -> Float64:
    """Linear light (HEIGHT, WIDTH, 3): a random cut-out of the picture `name`, or a made texture for `TEXTURE`."""
    return _texture(rng) if name == TEXTURE else _cut(_picture(name), rng)


@cache
def _picture(name: str) -> NDArray[np.uint8]:
    import skimage.data

    pixels: NDArray[np.uint8] = getattr(skimage.data, name)()
    return np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels


def _cut(pixels: NDArray[np.uint8], rng: np.random.Generator) -> Float64:
    import cv2

    scale = min(pixels.shape[0] / HEIGHT, pixels.shape[1] / WIDTH) * rng.uniform(_LEAST_CUT, 1.0)
    height, width = int(HEIGHT * scale), int(WIDTH * scale)
    top = rng.integers(pixels.shape[0] - height + 1)
    left = rng.integers(pixels.shape[1] - width + 1)
    light = to_linear(to_unit(pixels[top : top + height, left : left + width]))
    return np.asarray(cv2.resize(light, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.float64)


def _texture(rng: np.random.Generator) -> Float64:
    """Noise whose amplitude falls with the frequency, as that of natural scenes does, in one random hue."""
    frequency = np.hypot(np.fft.fftfreq(HEIGHT)[:, None], np.fft.rfftfreq(WIDTH))
    frequency[0, 0] = np.inf
    spectrum = np.fft.rfft2(rng.normal(size=(HEIGHT, WIDTH))) / frequency
    noise = np.fft.irfft2(spectrum, s=(HEIGHT, WIDTH))
    gray = _TEXTURE_MEAN * np.exp2(noise / noise.std() * _TEXTURE_CONTRAST)
    return np.asarray(gray[..., None] * rng.uniform(0.7, 1.3, 3))
