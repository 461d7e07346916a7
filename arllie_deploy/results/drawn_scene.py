"""A drawn picture of what restoration gets wrong, for pages: pictures of data sets may not be shown there.

Four quarters: a Siemens star, patches of color, a zone plate, and a surface of soft texture beside hard edges.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Frame = NDArray[np.uint8]

_SPOKES = 36
_PATCHES = 4
# Drawn so many times larger and averaged down, so that edges lie between pixels as in a photograph.
_FINER = 4


def drawn_scene(side: int, seed: int = 0) -> Frame:
    """A square sRGB picture (side, side, 3).

    Args:
        side: in pixels; even, at least 32.
        seed: of the colors and the texture.
    """
    if side < 32 or side % 2:
        raise ValueError(f"side is {side}, expected an even number from 32 on")
    half = side // 2 * _FINER
    rng = np.random.default_rng(seed)
    place = (np.arange(half) + 0.5) / half - 0.5
    x, y = np.meshgrid(place, place)
    top = np.concatenate([_star(x, y), _patches(half, rng)], 1)
    bottom = np.concatenate([_zones(x, y), _surface(x, y, rng)], 1)
    fine = np.concatenate([top, bottom])
    light = fine.reshape(side, _FINER, side, _FINER, 3).mean((1, 3))
    return np.asarray(np.round(255.0 * light), np.uint8)


def _star(x: Float, y: Float) -> Float:
    lit = np.sin(_SPOKES * np.arctan2(y, x)) > 0.0
    inside = np.hypot(x, y) < 0.45
    return _colored(np.where(inside & lit, 0.9, np.where(inside, 0.08, 0.55)), (1.0, 0.97, 0.92))


def _patches(half: int, rng: np.random.Generator) -> Float:
    colors = rng.uniform(0.05, 0.95, (_PATCHES, _PATCHES, 3))
    cells = np.arange(half) * _PATCHES // half
    within = np.arange(half) * _PATCHES / half % 1.0
    framed = (within > 0.08) & (within < 0.92)
    shown = framed[:, None] & framed
    return np.where(shown[..., None], colors[cells[:, None], cells], 0.15)


def _zones(x: Float, y: Float) -> Float:
    """Rings whose frequency grows from the middle to the finest that the picture holds at its rim."""
    return _colored(0.5 + 0.45 * np.cos(2.0 * np.pi * 60.0 * (x**2 + y**2)), (0.95, 1.0, 0.98))


def _surface(x: Float, y: Float, rng: np.random.Generator) -> Float:
    waves = rng.uniform(-40.0, 40.0, (24, 2))
    phases = rng.uniform(0.0, 2.0 * np.pi, 24)
    each = [np.sin(wave[0] * x + wave[1] * y + phase) for wave, phase in zip(waves, phases, strict=True)]
    texture = np.mean(each, axis=0)
    surface = _colored(0.45 + 0.3 * x + 0.35 * texture, (0.95, 0.75, 0.55))
    beam = np.abs(x - 0.35 * y) < 0.04
    return np.clip(np.where(beam[..., None], np.array((0.1, 0.2, 0.35)), surface), 0.0, 1.0)


def _colored(gray: Float, color: tuple[float, float, float]) -> Float:
    return np.asarray(gray[..., None] * np.asarray(color), np.float64)
