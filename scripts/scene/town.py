"""Out of doors: a town across the water at dusk."""

from __future__ import annotations

import numpy as np

from scene.geometry import Box, Frustum, Group, Plane, Solid, World, turn
from scene.glowing import dusk, facade, neon
from scene.light import Bulb, Camera, Lamp, Room, Scene
from scene.materials import Array, Material, clouds, noise, plain, rgb, srgb

FRONTS = (0x6E5A4C, 0x4F5661, 0x7A6A58, 0x5A4440, 0x66707A)


def water() -> Material:
    """A dark river with ripples that run across."""

    def texture(p: Array) -> Array:
        return rgb((0.012, 0.016, 0.02)) * (0.8 + 0.4 * clouds(p[0], p[2]))

    def relief(p: Array) -> Array:
        height: Array = 0.035 * noise(p[0] * 0.9, p[2] * 3.1) + 0.012 * noise(p[0] * 2.6, p[2] * 8.3)
        return height

    return Material(texture, (0.012, 0.016, 0.02), 0.09, 0.02, relief=relief)


def houses(random: np.random.Generator) -> list[Group]:
    """Two rows of fronts that overlap, the farther one higher."""
    groups = []
    for depth, low, high, wide in ((-30.0, 3.0, 6.5, 1.9), (-36.0, 6.0, 12.5, 2.4)):
        solids, x = [], -26.0
        while x < 26.0:
            half, rise = wide * float(random.uniform(0.6, 1.3)), float(random.uniform(low, high)) / 2
            color = srgb(FRONTS[int(random.integers(len(FRONTS)))])
            front = facade(color, int(random.integers(200)), float(random.uniform(0.06, 0.34)))
            solids.append(
                Solid(Box((half, rise, 1.0), 0.005), front, (x + half, rise, depth + float(random.uniform())))
            )
            if random.random() < 0.4:
                solids.append(
                    Solid(Box((0.05, 0.9, 0.05)), plain((0.02, 0.02, 0.02)), (x + half, 2 * rise + 0.7, depth))
                )
            x += 2 * half + float(random.choice([0.0, 0.0, 1.2]))
        groups += [Group(*solids[start : start + 5]) for start in range(0, len(solids), 5)]
    return groups


def lanterns(random: np.random.Generator, depth: float) -> list[Group]:
    """A row of lamp posts on the far bank."""
    post, light = plain((0.02, 0.02, 0.02)), neon((60.0, 38.0, 15.0))
    groups = []
    for x in np.linspace(-19.0, 19.0, 9) + random.uniform(-1.1, 1.1, 9):
        pole = Solid(Frustum(0.05, 0.04, 0.8), post, (float(x), 1.1, depth))
        groups.append(Group(pole, Solid(Frustum(0.1, 0.13, 0.13), light, (float(x), 2.0, depth))))
    return groups


def skyline(seed: int) -> Scene:
    """The last light behind a town, its windows and lanterns in the river, a railing and a lantern on this side."""
    random = np.random.default_rng((seed, 1))
    iron = plain((0.03, 0.03, 0.035), 0.04, 0.35)
    sky = Solid(Plane(), dusk(22.0), (0.0, 1.0, -60.0), turn(0, 90))
    quay = Solid(Box((30.0, 0.35, 0.8), 0.05), plain(srgb(0x5C5852), mottle=0.8), (0.0, 0.1, -27.0))
    rail = [Solid(Box((9.0, 0.06, 0.06), 0.02), iron, (0.0, height, 4.6)) for height in (0.75, 1.5)]
    rail += [Solid(Frustum(0.045, 0.045, 0.9), iron, (x, 0.6, 4.6)) for x in np.linspace(-8.0, 8.0, 11).tolist()]
    place = (-2.35, 3.35, 4.6)
    lantern = Group(
        Solid(Frustum(0.075, 0.05, 1.6), iron, (place[0], 1.4, place[2])),
        Solid(Frustum(0.3, 0.05, 0.1), iron, (place[0], place[1] + 0.4, place[2])),
    )
    groups = [Group(sky), Group(Solid(Plane(), water())), Group(quay), *houses(random), *lanterns(random, -26.6)]
    groups += [Group(*rail), lantern]
    afterglow = Lamp((25.0, 14.0, -20.0), (0.0, 2.0, -26.0), 3.0, (5.0, 2.4, 1.4), (0.0, 0.0, 0.0))
    light = Bulb(place, 0.22, (14.0, 9.0, 4.0), (70.0, 48.0, 24.0))
    around = Room((0.05, 0.06, 0.11), (0.0, 0.0, 0.0), (0.75, 0.42, 0.8))
    return Scene(World(groups), afterglow, light, around, Camera((0.4, 2.6, 13.0), (0.3, 3.1, -6.0), 34.0, 0.02))
