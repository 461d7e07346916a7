"""Desks by night, after `still_life`: by a candle, a bare bulb, the moon, neon; and a page under the lamp, close by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scene.geometry import Box, Frustum, Group, Plane, Sculpture, Solid, Vector, World, turn
from scene.glowing import neon, panes
from scene.light import Bulb, Camera, Lamp, Room, Scene
from scene.materials import Array, Rgb, bricks, gingham, plain, srgb, wood
from scene.still_life import CLOTHS, Stage, balls, books, color_card, paperwork, room, still_life

UNLIT = Lamp((0.0, 9.0, 0.0), (0.0, 0.0, 0.0), 0.1, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
TUNGSTEN = (1.0, 0.6, 0.27)


def scaled(color: Rgb, strength: float) -> Rgb:
    """The color, brighter."""
    red, green, blue = color
    return red * strength, green * strength, blue * strength


def night(strength: float, tint: Rgb = (0.8, 0.95, 1.3)) -> Room:
    """A dark room whose window shows nothing."""
    return Room(scaled(tint, strength), (0.0, 0.0, 0.0), (0.75, 0.42, 0.8))


def candle(seed: int) -> Scene:
    """The still life of the seed from lower and farther, with hardly more than its candle."""
    scene = still_life(seed)
    lamp = replace(scene.lamp, radiance=scaled(scene.lamp.radiance, 0.12), seen=scaled(scene.lamp.seen, 0.1))
    return replace(scene, lamp=lamp, room=night(0.02), camera=Camera((-2.4, 3.0, 11.4), (0.0, 1.1, 0.0), 28.0, 0.05))


def bulb(seed: int) -> Scene:
    """A bare bulb that hangs over books, paper and a mug."""
    stage = Stage(np.random.default_rng((seed, 1)), 1)
    place = (-0.5, 2.75, 0.9)
    x, y, z = place
    cord = Group(
        Solid(Frustum(0.02, 0.02, 3.0), plain((0.02, 0.02, 0.02)), (x, y + 3.5, z)),
        Solid(Frustum(0.16, 0.11, 0.15), plain(srgb(0x8C7440), 0.4, 0.25, metal=True), (x, y + 0.36, z)),
    )
    groups = [*room(stage), *books(stage), *paperwork(stage), *balls(stage), cord]
    light = Bulb(place, 0.25, scaled(TUNGSTEN, 30.0), (75.0, 52.0, 30.0))
    eye = Camera((1.8, 3.1, 10.2), (-0.4, 1.2, -0.3), 29.0, 0.04)
    return Scene(World(groups), UNLIT, light, night(0.02), eye)


def window(seed: int) -> Scene:
    """The moon through a window, on books and a pear: nearly all there is lies in its shadow."""
    stage = Stage(np.random.default_rng((seed, 1)), -1)
    half, place = (1.75, 1.6, 0.05), (-0.9, 2.3, -2.85)
    x, y, z = place
    frame = Group(
        Solid(Box(half, 0.01), panes(half[0], half[1], (0.5, 0.85, 1.7), 0.22), place),
        Solid(Box((2.0, 0.06, 0.3), 0.02), plain(srgb(0xB9B2A2), 0.04, 0.4), (x, y - 1.7, z + 0.2)),
    )
    groups = [*room(stage), frame, *books(stage), *paperwork(stage), *balls(stage)]
    moon = Lamp((x, y, z + 0.12), (x + 1.4, 0.0, 3.0), 1.6, (2.4, 3.2, 4.6), (1.2, 1.7, 2.6))
    hidden = Bulb((-7.0, 5.0, 6.0), 0.3, (4.5, 4.8, 6.0))
    eye = Camera((1.2, 2.6, 10.6), (0.1, 1.35, 0.0), 28.0, 0.05)
    return Scene(World(groups), moon, hidden, night(0.03), eye)


def ring_field(radius: float, thick: float) -> Sculpture:
    """A ring about the z axis."""

    def distance(p: Array) -> Array:
        around = np.sqrt(p[0] ** 2 + p[1] ** 2) - radius
        tube: Array = np.sqrt(around**2 + p[2] ** 2) - thick
        return tube

    return Sculpture(distance, radius + 2 * thick)


def bar(start: tuple[float, float], end: tuple[float, float], z: float, thick: float) -> tuple[Frustum, Vector, Array]:
    """A tube from start to end in the plane at z: its shape, place and rotation."""
    across, rise = end[0] - start[0], end[1] - start[1]
    tilt = -float(np.degrees(np.arctan2(across, rise)))
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, z)
    return Frustum(thick, thick, float(np.hypot(across, rise)) / 2), middle, turn(0, 0, tilt)


def bar_sign(seed: int) -> Scene:
    """A neon ring and arrow on bricks, over polished things on a lacquered counter."""
    stage = Stage(np.random.default_rng((seed, 1)), 1)
    pink, cyan, z = neon((46.0, 3.5, 17.0)), neon((2.5, 26.0, 40.0)), -2.6
    ring = Solid(ring_field(0.95, 0.042), pink, (-1.7, 2.35, z))
    strokes = [
        ((0.3, 1.6), (2.3, 3.1)),
        ((2.3, 3.1), (1.35, 3.05)),
        ((2.3, 3.1), (2.15, 2.2)),
    ]
    tubes = [Solid(shape, cyan, at, way) for shape, at, way in (bar(a, b, z, 0.042) for a, b in strokes)]
    wall = bricks(srgb(0x8A4A36), srgb(0xB9795A), srgb(0xA9A093))
    counter = replace(wood(srgb(0x33201A), srgb(0x6E4632), 1.45, 0.06), rough=0.05)
    inside = [
        Group(Solid(Plane(), counter, (0.0, 0.0, 0.31))),
        Group(Solid(Plane(), wall, (0.3, 0.0, -2.9), turn(0, 90))),
    ]
    groups = [*inside, Group(ring), Group(*tubes), *paperwork(stage), *balls(stage)]
    lamp = Lamp((-1.7, 2.35, z + 0.1), (-1.2, 1.0, 3.0), 1.0, (22.0, 2.0, 8.5), (0.0, 0.0, 0.0))
    light = Bulb((1.5, 2.6, z + 0.45), 0.3, (0.7, 5.6, 8.4))
    eye = Camera((-0.6, 2.3, 10.2), (0.1, 1.5, 0.0), 27.0, 0.05)
    return Scene(World(groups), lamp, light, night(0.02, (1.3, 0.9, 1.4)), eye)


def reading(seed: int) -> Scene:
    """A printed page, checked cloth and the color card from close by, under a lamp that lights little else."""
    stage = Stage(np.random.default_rng((seed, 1)), 1)
    cx, cz = 0.1, 1.5
    cloth = gingham(stage.pick(CLOTHS, 1)[0], 0.11)
    napkin = Group(Solid(Box((0.95, 0.012, 1.3), 0.005), cloth, (cx, 0.012, cz), turn(-24)))
    groups = [*room(stage), *paperwork(stage), napkin, *color_card(stage)]
    lamp = Lamp((-4.2, 4.2, 1.0), (-1.6, 0.0, 1.6), 0.45, (70.0, 55.0, 36.0), (5.0, 4.2, 3.2))
    dim = Bulb((6.0, 4.0, 7.0), 0.3, (0.6, 0.8, 1.2))
    camera = Camera((-0.4, 3.3, 7.4), (-0.9, 0.45, 0.8), 28.0, 0.08)
    return Scene(World(groups), lamp, dim, night(0.02), camera)
