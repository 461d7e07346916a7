"""The camera after the lens: exposure, sensor noise, tone curve, 8 bits, a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from scene.materials import Array

Pixels = npt.NDArray[np.uint8]

#: Electrons that a white surface frees in full exposure, and those the readout adds at random: a small sensor.
ELECTRONS = 9000.0
READOUT = 2.0

#: Where the curve leaves the straight line; above it, light approaches white without reaching it.
SHOULDER = 0.45


def vignette(light: Array, strength: float = 0.32) -> Array:
    """Darkens the corners by `strength`, the center not at all."""
    height, width, _ = light.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    darkened: Array = light * (1 - strength * ((x * x + y * y) / 2)[:, :, None]).astype(np.float32)
    return darkened


def demosaic(raw: Array) -> Array:
    """Bilinear colors ``(h, w, 3)`` from an RGGB mosaic ``(h, w)``."""
    height, width = raw.shape
    y, x = np.mgrid[:height, :width]
    filters = (y % 2) + (x % 2)
    full = np.zeros((height, width, 3), raw.dtype)
    for channel in range(3):
        known = (filters == channel).astype(raw.dtype)
        total, weight = np.zeros_like(raw), np.zeros_like(raw)
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                # Green has no diagonal neighbors to lend; red and blue take all eight.
                share = (1.0 if channel != 1 else float(dy == 0 or dx == 0)) / (1 + abs(dy) + abs(dx))
                total += share * np.roll(raw * known, (dy, dx), (0, 1))
                weight += share * np.roll(known, (dy, dx), (0, 1))
        full[:, :, channel] = np.where(known > 0, raw, total / np.maximum(weight, 1e-6))
    return full


def expose(light: Array, stops: float, seed: int, electrons: float = ELECTRONS, limit: float = 2.0) -> Array:
    """The light at `stops` of exposure, with the noise of a sensor that fills at `electrons` and `limit` times white.

    Shot noise is Poisson's, read noise Gaussian; both are drawn on the mosaic and then interpolated, which gives the
    soft, colored grain of a camera. The light itself is not interpolated: detail stays what the lens drew.
    """
    random = np.random.default_rng((seed, 4))
    exposed = np.minimum(light * 2.0**stops, limit)
    height, width, _ = light.shape
    y, x = np.mgrid[:height, :width]
    mean = np.take_along_axis(exposed, (y % 2 + x % 2)[:, :, None], axis=2)[:, :, 0] * electrons
    noise = random.poisson(mean) - mean + random.normal(0, READOUT, mean.shape)
    sensed: Array = np.maximum(exposed + demosaic(noise / electrons), 0)
    return sensed


def encode(light: Array) -> Pixels:
    """8-bit sRGB: straight up to the shoulder, then an exponential approach to white."""
    above = np.maximum(light - SHOULDER, 0) / (1 - SHOULDER)
    curved = np.where(light < SHOULDER, light, SHOULDER + (1 - SHOULDER) * (1 - np.exp(-above)))
    coded = np.where(curved <= 0.0031308, curved * 12.92, 1.055 * np.maximum(curved, 1e-9) ** (1 / 2.4) - 0.055)
    image: Pixels = np.clip(np.rint(coded * 255), 0, 255).astype(np.uint8)
    return image


def save(image: Pixels, path: Path) -> None:
    """Writes a PNG under a temporary name and renames it, so that no half picture is ever shipped."""
    partial = path.with_name(f".{path.name}.partial")
    Image.fromarray(image).save(partial, format="PNG", optimize=True)
    partial.replace(path)
