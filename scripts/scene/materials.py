"""What the things are made of: procedural color and relief.

A texture maps points in the solid's own frame, ``(3, n)`` in decimeters, to linear RGB reflectance ``(3, n)``; a relief
maps them to a height ``(n,)`` in decimeters. All chance comes from one fixed table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]
Rgb = tuple[float, float, float]
Texture = Callable[[Array], Array]
Relief = Callable[[Array], Array]

_SIDE = 256
_TABLE = np.random.default_rng(1906).random(_SIDE * _SIDE).astype(np.float32)


@dataclass(frozen=True)
class Material:
    """How a surface answers to light.

    Attributes:
        texture: The color at a point.
        average: Its rough mean, which is all that light bounced off it needs.
        gloss: Reflectance at normal incidence: 0 for matte, 0.04 for varnish and glaze.
        rough: The spread of the reflection, from 0 for a mirror to 1.
        metal: Whether the color tints the reflection and nothing is scattered.
        relief: The height that bends the normal.
        glow: Light that the surface itself gives off.
    """

    texture: Texture
    average: Rgb
    gloss: float = 0.0
    rough: float = 0.0
    metal: bool = False
    relief: Relief | None = None
    glow: Texture | None = None


def rgb(color: Rgb) -> Array:
    """A color as a ``(3, 1)`` array."""
    return np.array(color, np.float32)[:, None]


def srgb(code: int) -> Rgb:
    """The linear color of a 24-bit sRGB code such as ``0xB04030``."""
    values = [(code >> shift & 255) / 255 for shift in (16, 8, 0)]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return red, green, blue


def cell(u: Array, v: Array, salt: int = 0) -> Array:
    """A random number in [0, 1) for each integer cell."""
    i, j = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    return _TABLE[(i * 7 + salt * 57 & 255) * _SIDE + (j * 11 + i * 3 + salt * 131 & 255)]


def noise(u: Array, v: Array) -> Array:
    """Smooth random values in [0, 1] with one knot per unit."""
    i, j = np.floor(u), np.floor(v)
    s, t = u - i, v - j
    s, t = s * s * (3 - 2 * s), t * t * (3 - 2 * t)
    left, low = i.astype(np.int32) & 255, j.astype(np.int32) & 255
    right, high = (left + 1) & 255, (low + 1) & 255
    left, right = left * _SIDE, right * _SIDE
    near = _TABLE[left + low] * (1 - s) + _TABLE[right + low] * s
    far = _TABLE[left + high] * (1 - s) + _TABLE[right + high] * s
    return near * (1 - t) + far * t


def clouds(u: Array, v: Array, octaves: int = 3) -> Array:
    """Sums of `noise` at doubling frequencies, in [0, 1]."""
    total = sum((noise(u * 2.03**k + 17 * k, v * 2.03**k + 5 * k) * 0.5**k for k in range(octaves)), np.float32(0))
    return np.asarray(total) / (2 - 2 * 0.5**octaves)


def ramp(low: float, high: float, x: Array) -> Array:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    smooth: Array = t * t * (3 - 2 * t)
    return smooth


def mix(first: Array, second: Array, share: Array) -> Array:
    """`first` where share is 0, `second` where it is 1."""
    return first + (second - first) * share


def plain(color: Rgb, gloss: float = 0.0, rough: float = 0.0, mottle: float = 0.0, metal: bool = False) -> Material:
    """One color, slightly uneven if `mottle` is not 0."""

    def texture(p: Array) -> Array:
        if not mottle:
            return np.broadcast_to(rgb(color), p.shape)
        return rgb(color) * (1 + mottle * (clouds(p[0] * 5 + p[2] * 3, p[1] * 5 + p[2] * 4) - 0.5))

    return Material(texture, color, gloss, rough, metal)


def wood(dark: Rgb, light: Rgb, plank: float, gloss: float = 0.04) -> Material:
    """Varnished planks, `plank` wide in z, grained along x."""

    def texture(p: Array) -> Array:
        x, z = p[0], p[2] + p[1]
        board = np.floor(z / plank)
        tint = cell(board, board * 0)
        x = x + 37 * tint
        rings = np.sin(17 * (z + 0.9 * noise(x * 0.16, z * 0.8 + 9 * tint) + 0.07 * noise(x * 0.9, z * 5)))
        fibers = noise(x * 1.7, z * 34)
        tone = 0.45 + 0.22 * rings + 0.5 * (fibers - 0.5) + 0.4 * (clouds(x * 0.5, z) - 0.5) + 0.7 * (tint - 0.5)
        color = mix(rgb(dark), rgb(light), np.clip(tone, 0, 1))
        pores = 1 - 0.45 * ramp(0.78, 0.9, noise(x * 3.1 + 5, z * 48))
        edge = plank / 2 - np.abs(z - (board + 0.5) * plank)
        lacquered: Array = color * pores * (0.25 + 0.75 * ramp(0.006, 0.03, edge))
        return lacquered

    red, green, blue = (float((a + b) / 2) for a, b in zip(dark, light, strict=True))
    return Material(texture, (red, green, blue), gloss, 0.3)


def bricks(first: Rgb, second: Rgb, mortar: Rgb) -> Material:
    """A brick wall: x along it, z up it."""

    def joint(p: Array) -> tuple[Array, Array, Array]:
        row = np.floor(p[2] / 0.74)
        u = p[0] / 2.15 + 0.5 * (row % 2) + 0.03 * cell(row, row, 4)
        du = (0.5 - np.abs(u % 1 - 0.5)) * 2.15
        dv = (0.5 - np.abs(p[2] / 0.74 % 1 - 0.5)) * 0.74
        edge = np.minimum(du, dv) + 0.035 * (noise(p[0] * 6, p[2] * 6) - 0.5)
        return ramp(0.04, 0.085, edge), np.floor(u), row

    def texture(p: Array) -> Array:
        face, u, row = joint(p)
        share = np.clip(0.5 + 0.9 * (cell(u, row) - 0.5) + 0.6 * (clouds(p[0] * 2.5, p[2] * 4) - 0.5), 0, 1)
        brick = mix(rgb(first), rgb(second), share) * (0.68 + 0.64 * clouds(p[0] * 11, p[2] * 11))
        return mix(rgb(mortar) * (0.7 + 0.6 * clouds(p[0] * 9, p[2] * 9)), brick, face)

    def relief(p: Array) -> Array:
        face, u, row = joint(p)
        grit = 0.028 * clouds(p[0] * 7, p[2] * 7) * (0.5 + cell(u, row, 2))
        return 0.05 * face + grit

    return Material(texture, first, relief=relief)


def wallpaper(ground: Rgb, print_: Rgb) -> Material:
    """Striped paper with a printed rosette in every other cell."""

    def motif(p: Array) -> Array:
        u, v = p[0] / 1.1, p[2] / 1.1
        column = np.floor(u)
        x, y = (u - column - 0.5) * 1.1, ((v + 0.5 * (column % 2)) % 1 - 0.5) * 1.1
        radius, angle = np.sqrt(x * x + y * y), np.arctan2(x, y)
        petals = ramp(-0.02, 0.02, 0.21 + 0.09 * np.cos(6 * angle) - radius)
        ring = ramp(-0.02, 0.02, 0.022 - np.abs(radius - 0.37 - 0.02 * np.cos(12 * angle)))
        heart = ramp(-0.015, 0.015, 0.07 - radius)
        return np.clip(petals + ring - heart, 0, 1)

    def texture(p: Array) -> Array:
        stripes = 0.1 * ramp(-0.02, 0.02, np.abs(p[0] / 0.55 % 2 - 1) * 0.55 - 0.275)
        paper = 0.94 + 0.12 * noise(p[0] * 30, p[2] * 30)
        return mix(rgb(ground), rgb(print_), np.clip(0.9 * motif(p) + stripes, 0, 1)) * paper

    def relief(p: Array) -> Array:
        return 0.008 * motif(p) + 0.012 * clouds(p[0] * 4, p[2] * 4)

    return Material(texture, ground, relief=relief)


def gingham(color: Rgb, size: float = 0.28) -> Material:
    """Woven checks: the color in both threads, in one, in none."""
    white = (0.72, 0.7, 0.64)

    def texture(p: Array) -> Array:
        warp = (p[0] / size % 2 < 1).astype(np.float32)
        weft = (p[2] / size % 2 < 1).astype(np.float32)
        thread = 0.85 + 0.3 * noise(p[0] * 45, p[2] * 45)
        return mix(rgb(white), rgb(color), (warp + weft) / 2) * thread

    def relief(p: Array) -> Array:
        weave = 0.004 * np.sin(p[0] * 90) * np.sin(p[2] * 90)
        height: Array = weave + 0.07 * clouds(p[0] * 0.9, p[2] * 0.9 + p[0] * 0.3, 2)
        return height

    red, green, blue = (float((a + b) / 2) for a, b in zip(white, color, strict=True))
    return Material(texture, (red, green, blue), relief=relief)


def ceramic(color: Rgb, band: Rgb, level: float, width: float) -> Material:
    """A glaze with one painted band about the y axis."""

    def texture(p: Array) -> Array:
        painted = ramp(-0.012, 0.012, width - np.abs(p[1] - level))
        around = np.arctan2(p[2], p[0]) * 0.46
        speck = 1 - 0.3 * ramp(0.84, 0.95, noise(around * 32 + 40, p[1] * 32))
        return mix(rgb(color) * speck, rgb(band), painted)

    return Material(texture, color, 0.05, 0.03)


def marble(color: Rgb, vein: Rgb) -> Material:
    """Polished stone with thin veins."""

    def texture(p: Array) -> Array:
        u, v = p[0] * 1.6 + p[2], p[1] * 1.6 - p[2] * 0.7
        swirl = np.abs(np.sin(3 * u + 2 * v + 7 * clouds(u, v, 4)))
        return mix(rgb(vein), rgb(color), ramp(0.0, 0.45, swirl))

    return Material(texture, color, 0.05, 0.02)
