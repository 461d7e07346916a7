"""Printed and bound things: the color card, the test page, books, fruit and wax. Textures as in `scene.materials`."""

from __future__ import annotations

import numpy as np

from scene.materials import Array, Material, Rgb, cell, clouds, mix, noise, ramp, rgb, srgb

#: Patches after the classic 24-patch card, row by row from the top left: natural colors, hues, primaries, grays.
PATCHES = (
    (0x735244, 0xC29682, 0x627A9D, 0x576C43, 0x8580B1, 0x67BDAA),
    (0xD67E2C, 0x505BA6, 0xC15A63, 0x5E3C6C, 0x9DBC40, 0xE0A32E),
    (0x383D96, 0x469449, 0xAF363C, 0xE7C71F, 0xBB5695, 0x0885A1),
    (0xF3F3F2, 0xC8C8C8, 0xA0A0A0, 0x7A7A79, 0x555555, 0x343434),
)


def glyphs(u: Array, v: Array, salt: int = 0) -> Array:
    """Ink, 0 or 1, of letter-like strokes: one letter per unit of `u`, one line per unit of `v`, downward."""
    x, y = u % 1 / 0.72, (v % 1 - 0.2) / 0.62
    inside = (x < 1) & (y > 0) & (y < 1) & (cell(u, v, salt) > 0.15)
    slant = np.abs(x - 0.12 - 0.76 * y) < 0.14
    ink = (x < 0.22) & (cell(u, v, salt + 1) > 0.12)
    for number, stroke in enumerate((x > 0.78, y < 0.17, np.abs(y - 0.5) < 0.09, y > 0.83, slant)):
        ink |= stroke & (cell(u, v, salt + 2 + number) > (0.5, 0.4, 0.55, 0.5, 0.75)[number])
    return (inside & ink).astype(np.float32)


def card(half_width: float, half_height: float) -> Material:
    """24 matte patches on a black card that faces +z."""
    colors = np.array([[srgb(code) for code in row] for row in PATCHES], np.float32)

    def texture(p: Array) -> Array:
        u = (p[0] / half_width + 1) * 3.2 - 0.2
        v = (1 - p[1] / half_height) * 2.15 - 0.15
        column, row = np.clip(u, 0, 5.99).astype(np.intp), np.clip(v, 0, 3.99).astype(np.intp)
        off = np.maximum(np.abs(u - column - 0.5), np.abs(v - row - 0.5))
        return mix(rgb((0.018, 0.018, 0.018)), colors[row, column].T, (off < 0.43).astype(np.float32))

    return Material(texture, (0.2, 0.19, 0.18), 0.03, 0.5)


def page(half_width: float, half_depth: float) -> Material:
    """A printed sheet that faces +y: a heading, a paragraph, and a star of wedges that shows where detail ends."""

    def star(x: Array, z: Array) -> Array:
        radius, angle = np.sqrt(x * x + z * z), np.arctan2(x, z)
        wedges: Array = ((np.sin(18 * angle) > 0) & (radius < 0.42) & (radius > 0.03)).astype(np.float32)
        return wedges

    def texture(p: Array) -> Array:
        x, z = p[0] + half_width, p[2] + half_depth
        width = 2 * half_width
        heading = glyphs(x / 0.17, z / 0.3 - 0.5, 20) * ((z > 0.15) & (z < 0.45) & (x > 0.2) & (x < 1.45))
        end = width - 0.2 - 0.35 * cell(z / 0.13, z * 0, 9)
        beside = x < width - 1.25
        body = glyphs(x / 0.068, z / 0.13, 40) * (
            (z > 0.65) & (z < 0.13 * (2 * half_depth // 0.13 - 2)) & (x > 0.2) & (x < end) & beside
        )
        ink = np.clip(heading + body + star(x - width + 0.68, z - 1.13), 0, 1)
        sheet = rgb((0.74, 0.72, 0.66)) * (0.96 + 0.08 * clouds(p[0] * 3, p[2] * 3))
        return mix(sheet, rgb((0.03, 0.03, 0.04)), ink)

    def relief(p: Array) -> Array:
        return 0.03 * clouds(p[0] * 1.1, p[2] * 0.8, 2)

    return Material(texture, (0.66, 0.64, 0.59), 0.02, 0.5, relief=relief)


def cover(color: Rgb) -> Material:
    """Book cloth."""

    def texture(p: Array) -> Array:
        return rgb(color) * (0.82 + 0.36 * noise(p[0] * 40, p[2] * 40 + p[1] * 40))

    return Material(texture, color, 0.03, 0.45)


def spine(color: Rgb, gilt: Rgb, half_width: float, half_height: float, salt: int) -> Material:
    """A book's back, facing +z: cloth, gilt bands, and a title."""

    def texture(p: Array) -> Array:
        x, y = p[0] / half_width, p[1] / half_height
        bands = (np.abs(np.abs(x) - 0.8) < 0.014) | (np.abs(np.abs(x) - 0.87) < 0.006)
        title = glyphs(p[0] / 0.14, 0.5 - y / 1.15, salt) * ((np.abs(x) < 0.5) & (np.abs(y) < 0.56))
        cloth = rgb(color) * (0.82 + 0.36 * noise(p[0] * 40, p[1] * 40))
        return mix(cloth, rgb(gilt), np.clip(title + bands, 0, 1))

    return Material(texture, color, 0.04, 0.4)


def leaves() -> Material:
    """The edges of a book's paper, one sheet upon another in y."""

    def texture(p: Array) -> Array:
        lines = noise(p[1] * 70, (p[0] + p[2]) * 1.5)
        return rgb((0.66, 0.58, 0.43)) * (0.62 + 0.5 * lines)

    return Material(texture, (0.55, 0.48, 0.36))


def toy(color: Rgb, half: float) -> Material:
    """A toy block: a bare wooden frame about a painted panel with a ring on each face."""

    def texture(p: Array) -> Array:
        flat = np.sort(np.abs(p) / half, axis=0)
        radius = np.sqrt(flat[0] ** 2 + flat[1] ** 2)
        panel = ramp(-0.76, -0.73, -flat[1])
        ring = ramp(0.22, 0.25, radius) * ramp(-0.47, -0.44, -radius)
        bare = rgb((0.5, 0.33, 0.17)) * (0.75 + 0.5 * noise(p[0] * 4 + 9, p[1] * 34 + p[2] * 30))
        return mix(bare, mix(rgb(color), rgb((0.7, 0.66, 0.56)), ring), panel)

    return Material(texture, color, 0.04, 0.35)


def fruit(ripe: Rgb, blush: Rgb) -> Material:
    """Speckled skin that reddens toward one side."""

    def texture(p: Array) -> Array:
        side = ramp(-0.5, 0.6, p[0] * 0.8 + p[1] * 0.3 + 0.5 * (clouds(p[0] * 3 + p[2], p[1] * 3) - 0.5))
        around = np.arctan2(p[2], p[0]) * 0.4
        dots = 1 - 0.3 * ramp(0.8, 0.92, noise(around * 44 + 9, p[1] * 44))
        return mix(rgb(ripe), rgb(blush), side) * dots

    return Material(texture, ripe, 0.04, 0.25)


def wax(color: Rgb, half: float, flame: Rgb) -> Material:
    """A candle: lit through from above, so the glow fades downward from the rim."""

    def texture(p: Array) -> Array:
        return rgb(color) * (0.92 + 0.16 * noise(p[0] * 4 + p[2] * 3, p[1] * 6))

    def glow(p: Array) -> Array:
        lit: Array = rgb(flame) * np.exp((p[1] - half) * 2.6) * (0.8 + 0.4 * noise(p[0] * 5 + p[2] * 3, p[1] * 3))
        return lit

    return Material(texture, color, 0.03, 0.35, glow=glow)
