"""A hallway by night: checked tiles, papered walls, doors, one lamp far back and light below a door."""

from __future__ import annotations

import numpy as np

from scene.desks import TUNGSTEN, night, scaled
from scene.geometry import Box, Frustum, Group, Plane, Solid, World, turn
from scene.glowing import neon, panes
from scene.light import Bulb, Camera, Lamp, Scene
from scene.materials import Array, Material, cell, clouds, marble, mix, plain, srgb, wallpaper, wood
from scene.prints import card

WIDE, HIGH, END = 6.0, 13.0, -42.0


def tiles(size: float) -> Material:
    """Polished tiles, black and white by turns, no two quite alike."""
    pale, dark = marble(srgb(0xCFC8B8), srgb(0x8A8478)).texture, marble(srgb(0x3A3836), srgb(0x1C1B1A)).texture

    def texture(p: Array) -> Array:
        u, v = p[0] / size, p[2] / size
        even = ((np.floor(u) + np.floor(v)) % 2).astype(np.float32)
        joint = np.minimum(0.5 - np.abs(u % 1 - 0.5), 0.5 - np.abs(v % 1 - 0.5)) > 0.012
        worn = (0.75 + 0.35 * cell(u, v)) * (0.85 + 0.3 * clouds(p[0] * 0.8, p[2] * 0.8))
        floor: Array = mix(dark(p), pale(p), even) * worn * (0.35 + 0.65 * joint)
        return floor

    return Material(texture, (0.25, 0.24, 0.22), 0.05, 0.07)


def door(x: float, z: float) -> list[Solid]:
    """A paneled door in its frame, in the wall at x."""
    side = 1.0 if x < 0 else -1.0
    leaf, frame = wood(srgb(0x4A2A16), srgb(0x8A5A30), 5.0), plain(srgb(0xC8C0AE), 0.04, 0.4)
    solids = [
        Solid(Box((0.1, 5.0, 2.3), 0.05), frame, (x, 5.0, z)),
        Solid(Box((0.14, 4.7, 2.0), 0.03), leaf, (x, 4.7, z)),
        Solid(Frustum(0.12, 0.12, 0.12), plain(srgb(0xC9A25A), 0.6, 0.16, metal=True), (x + 0.3 * side, 4.5, z + 1.6)),
    ]
    for height, half in ((2.4, 1.6), (6.8, 1.9)):
        solids.append(Solid(Box((0.2, half, 1.3), 0.12), leaf, (x, height, z)))
    return solids


def picture(x: float, y: float, z: float) -> Group:
    """A framed print on the wall at x."""
    side = 1.0 if x < 0 else -1.0
    print_ = Solid(Box((1.25, 0.95, 0.06), 0.01), card(1.25, 0.95), (x + 0.08 * side, y, z), turn(90 * side))
    return Group(Solid(Box((0.1, 1.15, 1.45), 0.03), plain(srgb(0x8C7440), 0.2, 0.3), (x, y, z)), print_)


def hallway(seed: int) -> Scene:
    """Toward a window at the end, past the one lamp that burns."""
    random = np.random.default_rng((seed, 1))
    paper = wallpaper(srgb(0x7C3B3B), srgb(0xC9A877))
    wainscot = wood(srgb(0x4A2A16), srgb(0x7A4A28), 1.3)
    shell = [
        Group(Solid(Plane(), tiles(2.0), (0.9, 0.0, 0.0))),
        Group(Solid(Plane(), paper, (-WIDE, 0.3, 0.0), turn(90, 90))),
        Group(Solid(Plane(), paper, (WIDE, 0.3, 0.0), turn(-90, 90))),
        Group(Solid(Plane(), plain(srgb(0xCFC8B8), mottle=0.2), (0.0, HIGH, 0.0), turn(0, 180))),
        Group(Solid(Plane(), paper, (0.4, 0.3, END), turn(0, 90))),
    ]
    skirts = [Group(Solid(Box((0.08, 1.6, 40.0), 0.02), wainscot, (side * WIDE, 1.6, -10.0))) for side in (-1, 1)]
    doors = [Group(*door(side * WIDE, z)) for side, z in ((-1, -6.0), (1, -12.0), (-1, -24.0), (1, -32.0))]
    glass = Group(Solid(Box((1.9, 2.6, 0.1), 0.01), panes(1.9, 2.6, (0.25, 0.5, 1.3), 0.2), (0.0, 6.8, END)))
    gap = Group(Solid(Box((0.1, 0.06, 1.9), 0.01), neon((26.0, 15.0, 6.0)), (WIDE - 0.1, 0.08, -12.0)))
    place = (0.0, HIGH - 2.2, -20.0)
    shade = plain((0.03, 0.03, 0.03), 0.04, 0.4)
    lamps = [Group(Solid(Frustum(0.04, 0.04, 0.7), shade, (0.0, HIGH - 0.7, z))) for z in (-6.0, -20.0, -34.0)]
    dark_globe = plain(srgb(0xD8D2C4), 0.06, 0.05)
    lamps += [Group(Solid(Frustum(0.5, 0.35, 0.4), dark_globe, (0.0, HIGH - 1.8, z))) for z in (-6.0, -34.0)]
    turned = float(random.uniform(-8, 8))
    chair = Group(
        Solid(Box((1.0, 0.12, 1.0)), wood(srgb(0x6B4424), srgb(0xA9743F), 0.9), (-4.4, 2.6, -13.5), turn(turned)),
        Solid(Box((0.1, 1.7, 1.0)), wood(srgb(0x6B4424), srgb(0xA9743F), 0.9), (-5.4, 4.2, -13.5), turn(turned)),
        *[Solid(Box((0.1, 1.3, 0.1)), shade, (-4.4 + a, 1.3, -13.5 + b)) for a in (-0.8, 0.8) for b in (-0.8, 0.8)],
    )
    groups = [*shell, *skirts, *doors, glass, gap, *lamps, chair, picture(-WIDE, 7.2, -15.0), picture(WIDE, 7.4, -4.5)]
    moon = Lamp((0.0, 6.8, END + 0.3), (0.0, 0.0, -20.0), 2.2, (2.0, 3.0, 5.5), (0.8, 1.2, 2.2))
    light = Bulb(place, 0.62, scaled(TUNGSTEN, 300.0), (55.0, 38.0, 20.0))
    return Scene(World(groups), moon, light, night(0.012), Camera((1.1, 6.2, 14.0), (-0.3, 5.4, -14.0), 42.0, 0.03))
