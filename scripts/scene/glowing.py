"""Surfaces that shine by themselves: panes before a night sky, neon, a dusk, the windows of a town."""

from __future__ import annotations

import numpy as np

from scene.materials import Array, Material, Rgb, cell, clouds, mix, noise, plain, ramp, rgb, srgb

BLACK = (0.02, 0.02, 0.02)


def neon(light: Rgb) -> Material:
    """A tube of gas."""

    def glow(p: Array) -> Array:
        return np.broadcast_to(rgb(light), p.shape)

    return Material(plain(BLACK).texture, BLACK, glow=glow)


def panes(half_width: float, half_height: float, sky: Rgb, moon: float) -> Material:
    """A window that faces +z: a painted frame of two by three panes, behind them the sky and a moon of that radius."""

    def bars(p: Array) -> Array:
        across = np.minimum(np.abs(p[0]), half_width - np.abs(p[0]))
        row = 2 * half_height / 3
        off = np.abs((p[1] + half_height) % row - row / 2)
        return np.maximum(ramp(-0.09, -0.07, -across), ramp(row / 2 - 0.07, row / 2 - 0.05, off))

    def texture(p: Array) -> Array:
        return rgb(srgb(0xD8D2C4)) * bars(p)

    def glow(p: Array) -> Array:
        x, y = p[0] / half_width, p[1] / half_height
        haze = 0.35 + 0.75 * clouds(x * 1.6 + 3, y * 2.4, 4) + 0.25 * ramp(-1.0, 1.0, -y)
        distance = np.sqrt((p[0] + 0.45 * half_width) ** 2 + (p[1] - 0.5 * half_height) ** 2) / moon
        halo = 0.9 / (0.6 + distance * distance)
        disc = ramp(-1.0, -0.92, -distance) * (0.75 + 0.5 * clouds(p[0] * 9, p[1] * 9))
        lit = rgb(sky) * (haze + halo) + rgb((40.0, 37.0, 32.0)) * disc
        hill = ramp(-0.04, 0.04, 0.3 * noise(x * 2.2 + 8, x * 0) - 0.75 - y)
        seen: Array = lit * (1 - 0.93 * hill) * (1 - bars(p))
        return seen

    return Material(texture, (0.1, 0.1, 0.1), 0.03, 0.2, glow=glow)


def dusk(height: float) -> Material:
    """A sky on a plane that faces +z, its origin on the horizon: embers below, night from `height` up, thin clouds."""

    def glow(p: Array) -> Array:
        rise = np.clip(-p[2] / height, 0, 1)
        low = mix(rgb((1.5, 0.5, 0.12)), rgb((0.42, 0.24, 0.36)), ramp(0.0, 0.42, rise))
        sky = mix(low, rgb((0.035, 0.06, 0.17)), ramp(0.2, 1.0, rise))
        band = ramp(0.5, 0.85, clouds(p[0] / 21, p[2] / 3.2 + p[0] / 60, 4))
        veiled = mix(sky, sky * 0.45 + rgb((0.08, 0.03, 0.03)) * (1 - rise), 0.8 * band)
        star = (cell(p[0] * 4.1, p[2] * 4.1, 3) > 0.9965) & (rise > 0.5)
        seen: Array = veiled + rgb((0.6, 0.6, 0.75)) * (star * (1 - band))
        return seen

    return Material(plain(BLACK).texture, BLACK, glow=glow)


def facade(wall: Rgb, salt: int, lit: float, width: float = 0.62, storey: float = 0.78) -> Material:
    """A house front in rows of windows, the share `lit` of them by warm or cold lamps; x or z along it, y up it."""

    def inside(p: Array) -> tuple[Array, Array, Array]:
        u, v = (p[0] + p[2]) / width + 0.5, p[1] / storey + 0.5
        frame = (np.abs(u % 1 - 0.5) < 0.26) & (np.abs(v % 1 - 0.5) < 0.3) & (np.abs(u % 1 - 0.5) > 0.025)
        return frame.astype(np.float32), np.floor(u), np.floor(v)

    def texture(p: Array) -> Array:
        frame, _, _ = inside(p)
        plaster: Array = rgb(wall) * (0.7 + 0.6 * clouds(p[0] * 2 + p[2], p[1] * 2)) * (1 - 0.85 * frame)
        return plaster

    def glow(p: Array) -> Array:
        frame, u, v = inside(p)
        on = frame * (cell(u, v, salt) < lit)
        kind = cell(u, v, salt + 1)
        color = mix(rgb((1.0, 0.55, 0.2)), rgb((0.6, 0.8, 1.0)), (kind > 0.8).astype(np.float32))
        curtain = 0.45 + 0.55 * noise(p[0] * 7 + p[2] * 7, p[1] * 1.5)
        rooms: Array = color * (on * curtain * (0.5 + 2.6 * cell(u, v, salt + 2) ** 2))
        return rooms

    return Material(texture, wall, glow=glow)
