"""The picture: a desk at night by lamp and candle. A seed moves, recolors and relights it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scene.geometry import Box, Frustum, Group, Plane, Sculpture, Solid, Sphere, Vector, World, column, turn
from scene.light import Camera, Flame, Lamp, Room, Scene
from scene.materials import (
    Array,
    Material,
    Rgb,
    bricks,
    ceramic,
    gingham,
    marble,
    plain,
    srgb,
    wallpaper,
    wood,
)
from scene.prints import card, cover, fruit, leaves, page, spine, toy, wax

CLOTHS = (0x8E2F2B, 0x27496D, 0x3F6B3A, 0xB9832B, 0x5A3560, 0x1F6F70, 0xA34A24, 0x40484F)
GLAZES = (0x1E4E8C, 0xB23A2E, 0x2E7D5B, 0xD9A441, 0x6C3A7C, 0x1D7F8C)
GILT = srgb(0xE3BE6A)
FLAME = (1.0, 0.58, 0.22)


@dataclass(frozen=True)
class Stage:
    """Where things go: the seed's random numbers, and whether left and right are exchanged."""

    random: np.random.Generator
    side: int

    def near(self, x: float, y: float, z: float, by: float = 0.12) -> Vector:
        """A place on the stage, moved at random by up to `by` along the desk."""
        dx, dz = self.random.uniform(-by, by, 2)
        return self.side * (x + float(dx)), y, z + float(dz)

    def yaw(self, degrees: float, by: float = 6.0) -> float:
        """An angle, turned at random by up to `by`."""
        return self.side * (degrees + float(self.random.uniform(-by, by)))

    def pick(self, codes: tuple[int, ...], count: int) -> list[Rgb]:
        """Different colors out of a palette."""
        return [srgb(codes[int(i)]) for i in self.random.permutation(len(codes))[:count]]


def smooth_minimum(a: Array, b: Array, blend: float) -> Array:
    """The lesser of two distances, rounded where they meet."""
    h = np.clip(0.5 + 0.5 * (b - a) / blend, 0, 1)
    return b + (a - b) * h - blend * h * (1 - h)


def mug_field(p: Array) -> Array:
    """The distance to a mug of radius 0.46 and height 1 that stands on y = −0.5, its handle toward +x."""
    across = np.sqrt(p[0] ** 2 + p[2] ** 2)

    def tub(radius: float, low: float, high: float) -> Array:
        dr, dy = across - radius, np.abs(p[1] - (low + high) / 2) - (high - low) / 2
        outside = np.sqrt(np.maximum(dr, 0) ** 2 + np.maximum(dy, 0) ** 2)
        distance: Array = outside + np.minimum(np.maximum(dr, dy), 0)
        return distance

    body = tub(0.42, -0.46, 0.46) - 0.04
    hollow = tub(0.38, -0.4, 1.0) - 0.02
    ring = np.sqrt((p[0] - 0.46) ** 2 + (p[1] * 0.86) ** 2) - 0.25
    handle = np.sqrt(ring**2 + (p[2] * 0.8) ** 2) - 0.06
    distance: Array = np.maximum(smooth_minimum(body, handle, 0.06), -hollow) * 0.92
    return distance


def pear_field(p: Array) -> Array:
    """The distance to a pear about 1.2 high, its belly about the origin."""
    belly = np.sqrt(p[0] ** 2 + (p[1] * 1.06) ** 2 + p[2] ** 2) - 0.45
    neck = np.sqrt((p[0] - 0.05) ** 2 + (p[1] - 0.52) ** 2 + p[2] ** 2) - 0.2
    return smooth_minimum(belly, neck, 0.3) * 0.9


def book(center: Vector, half: Vector, yaw: float, color: Rgb, salt: int) -> list[Solid]:
    """Two boards, a back toward +z and the leaves between."""
    rotation, (wide, high, deep), board = turn(yaw), half, 0.03
    cloth = cover(color)

    def at(x: float, y: float, z: float) -> Vector:
        moved = rotation @ column((x, y, z)) + column(center)
        return float(moved[0, 0]), float(moved[1, 0]), float(moved[2, 0])

    return [
        Solid(Box((wide, board / 2, deep)), cloth, at(0, high - board / 2, 0), rotation),
        Solid(Box((wide, board / 2, deep)), cloth, at(0, board / 2 - high, 0), rotation),
        Solid(Box((wide, high, 0.03), 0.035), spine(color, GILT, wide, high, salt), at(0, 0, deep), rotation),
        Solid(Box((wide - 0.06, high - board, deep - 0.04), 0.004), leaves(), at(0, 0, 0), rotation),
    ]


def books(stage: Stage) -> list[Group]:
    """A stack of five with a pear on it."""
    x, _, z = stage.near(-2.55, 0, -1.0)
    solids, level = [], 0.0
    for number, color in enumerate(stage.pick(CLOTHS, 5)):
        high = float(stage.random.uniform(0.14, 0.25))
        half = (1.32 - 0.05 * number + float(stage.random.uniform(-0.08, 0.08)), high, 0.92 - 0.03 * number)
        solids += book((x, level + high, z), half, stage.yaw(7, 9), color, 60 + 7 * number)
        level += 2 * high
    px, _, pz = stage.near(-2.7, 0, -0.9)
    rotation = turn(stage.yaw(20, 40), 0, stage.side * -6)
    skin = fruit(srgb(0xB7B23C), srgb(0xB5502A))
    pear = Group(
        Solid(Sculpture(pear_field, 0.85), skin, (px, level + 0.42, pz), rotation),
        Solid(Frustum(0.025, 0.035, 0.14), plain(srgb(0x4A3520)), (px + 0.12 * stage.side, level + 1.22, pz), rotation),
    )
    return [Group(*solids), pear]


def color_card(stage: Stage) -> list[Group]:
    """The card, leaning on a wooden box."""
    x, _, z = stage.near(2.45, 0, -1.35)
    yaw, lean, half = stage.yaw(-11, 5), -14.0, (1.4, 0.98, 0.03)
    foot = 0.36
    rise = foot + half[1] * float(np.cos(np.radians(lean))) + 0.01
    plinth = turn(yaw) @ column((0.0, 0.0, -0.6))
    block = wood(srgb(0x6B4424), srgb(0xA9743F), 0.9, 0.03)
    back = turn(yaw) @ column((0.15 * stage.side, 0.0, -0.82))
    return [
        Group(
            Solid(Box(half, 0.01), card(half[0], half[1]), (x, rise, z), turn(yaw, lean)),
            Solid(
                Box((0.95, 0.6, 0.5), 0.04),
                block,
                (x + float(back[0, 0]), foot + 0.6, z + float(back[2, 0])),
                turn(yaw),
            ),
            Solid(
                Box((1.62, foot / 2, 0.92), 0.05),
                block,
                (x + float(plinth[0, 0]), foot / 2, z + float(plinth[2, 0])),
                turn(yaw),
            ),
        )
    ]


def candle(stage: Stage) -> tuple[list[Group], Flame]:
    """A candle in a brass dish, and its flame."""
    x, _, z = stage.near(-0.12, 0, -1.05, 0.2)
    half = float(stage.random.uniform(0.72, 0.95))
    top = 0.14 + 2 * half
    brass = plain(srgb(0xC9A25A), 0.6, 0.16, metal=True)
    solids = Group(
        Solid(Frustum(0.42, 0.62, 0.05), brass, (x, 0.05, z)),
        Solid(Frustum(0.36, 0.36, 0.06), brass, (x, 0.13, z)),
        Solid(Frustum(0.25, 0.235, half), wax(srgb(0xE9DDC4), half, (0.34, 0.16, 0.045)), (x, 0.14 + half, z)),
        Solid(Frustum(0.012, 0.01, 0.06), plain((0.02, 0.015, 0.01)), (x, top + 0.05, z)),
    )
    strength = float(stage.random.uniform(2.3, 3.2))
    red, green, blue = (strength * part for part in FLAME)
    return [solids], Flame((x, top + 0.05, z), 0.5, (red, green, blue), (3.2, 2.5, 1.7))


def balls(stage: Stage) -> list[Group]:
    """Polished stone, chrome, glaze and clay on a checked cloth, and a block or two."""
    glaze, other = stage.pick(GLAZES, 2)
    skins = [
        plain((0.78, 0.79, 0.8), 0.78, 0.02, metal=True),
        marble(srgb(0xD8D2C4), srgb(0x5E5A55)),
        plain(glaze, 0.05, 0.03, 0.25),
        plain(srgb(0xB86A45), mottle=0.5),
    ]
    places = ((1.1, 0.0, 0.75, 0.48), (2.4, 0.0, 0.85, 0.4), (1.85, 0.0, 1.6, 0.3), (0.7, 0.0, 1.75, 0.24))
    order = stage.random.permutation(4)
    solids = []
    for (x, _, z, radius), number in zip(places, order, strict=True):
        solids.append(Solid(Sphere(radius), skins[int(number)], stage.near(x, radius + 0.02, z, 0.05)))
    cx, _, cz = stage.near(1.7, 0, 1.2, 0.08)
    cloth = Solid(Box((1.75, 0.01, 1.2), 0.005), gingham(stage.pick(CLOTHS, 1)[0]), (cx, 0.01, cz), turn(stage.yaw(9)))
    block = Solid(Box((0.33, 0.33, 0.33), 0.03), toy(other, 0.33), stage.near(3.7, 0.33, 0.65), turn(stage.yaw(28, 15)))
    return [Group(*solids), Group(cloth), Group(block)]


def painted(color: Rgb) -> Material:
    """Satin paint."""
    return plain(color, 0.04, 0.35, 0.15)


def paperwork(stage: Stage) -> list[Group]:
    """The printed page, a pencil across it and a mug beside it."""
    x, _, z = stage.near(-2.0, 0, 1.75)
    sheet = Solid(Box((1.3, 0.004, 0.98), 0.002), page(1.3, 0.98), (x, 0.004, z), turn(stage.yaw(9)))
    lie = turn(stage.yaw(-32), 0, 90)
    tip = lie @ column((0.0, 0.78, 0.0))
    px, _, pz = stage.near(-0.9, 0, 2.0, 0.05)
    shaft, end = stage.pick(GLAZES, 2)
    pencil = Group(
        Solid(Frustum(0.04, 0.04, 0.7), painted(shaft), (px, 0.05, pz), lie),
        Solid(
            Frustum(0.04, 0.006, 0.08), plain(srgb(0xC79A62)), (px + float(tip[0, 0]), 0.05, pz + float(tip[2, 0])), lie
        ),
    )
    glaze = ceramic(srgb(0xD9D3C3), end, 0.12, 0.13)
    mx, _, mz = stage.near(-0.75, 0, 0.6)
    mug = Group(
        Solid(
            Sculpture(mug_field, 0.95), glaze, (mx, 0.5, mz), turn(stage.yaw(35, 20) + (180 if stage.side > 0 else 0))
        ),
        Solid(Frustum(0.4, 0.4, 0.01), plain((0.03, 0.015, 0.008), 0.04, 0.01), (mx, 0.8, mz)),
    )
    return [Group(sheet), pencil, mug]


def room(stage: Stage) -> list[Group]:
    """The desk and the wall behind it."""
    walls = (
        bricks(srgb(0x8A4A36), srgb(0xB9795A), srgb(0xA9A093)),
        wallpaper(srgb(0x40636B), srgb(0xB9A974)),
        bricks(srgb(0xB5B0A4), srgb(0xD3CFC4), srgb(0x9A958A)),
        wallpaper(srgb(0x7C3B3B), srgb(0xC9A877)),
        wallpaper(srgb(0xA9A689), srgb(0x56704F)),
    )
    desks = ((0x4A2A16, 0x9A6536), (0x6A4A2C, 0xC09A66), (0x33201A, 0x6E4632))
    dark, light = desks[int(stage.random.integers(len(desks)))]
    wall = walls[int(stage.random.integers(len(walls)))]
    return [
        Group(Solid(Plane(), wood(srgb(dark), srgb(light), 1.45), (0.0, 0.0, 0.31), turn(stage.yaw(0, 2)))),
        Group(Solid(Plane(), wall, (0.3, 0.0, -2.9), turn(0, 90))),
    ]


def still_life(seed: int) -> Scene:
    """The scene of a seed."""
    random = np.random.default_rng((seed, 1))
    stage = Stage(random, 1 if random.random() < 0.5 else -1)
    stand, flame = candle(stage)
    groups = room(stage) + stand + books(stage) + color_card(stage) + balls(stage) + paperwork(stage)
    warm, strength = float(random.uniform(0, 1)), float(random.uniform(46, 60))
    lamp = Lamp(
        center=(
            stage.side * float(random.uniform(-6.5, -3.5)),
            float(random.uniform(6.0, 8.0)),
            float(random.uniform(2.5, 5.0)),
        ),
        toward=(0.0, 0.5, -0.4),
        radius=float(random.uniform(0.7, 1.1)),
        radiance=(strength, strength * (0.92 - 0.12 * warm), strength * (0.84 - 0.34 * warm)),
        seen=(6.0, 5.4, 4.6),
    )
    around = Room((0.035, 0.043, 0.06), (0.5, 0.7, 1.1), (stage.side * 0.75, 0.42, 0.8))
    eye = (float(random.uniform(-0.9, 0.9)), float(random.uniform(3.6, 4.4)), 11.6)
    return Scene(World(groups), lamp, flame, around, Camera(eye, (0.05 * stage.side, 0.92, 0.0), 26.0, 0.045))
