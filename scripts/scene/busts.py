"""Skin, cloth and hair: busts in a milliner's window, of several complexions."""

from __future__ import annotations

import numpy as np

from scene.desks import TUNGSTEN, night, scaled
from scene.geometry import Box, Frustum, Group, Plane, Sculpture, Solid, Vector, World, column, turn
from scene.glowing import neon
from scene.light import Bulb, Camera, Lamp, Scene
from scene.materials import Array, Material, Rgb, clouds, gingham, mix, noise, plain, ramp, rgb, srgb, wallpaper, wood
from scene.still_life import smooth_minimum

SKINS = (0xE3B497, 0x8A5A3C, 0xC58C68, 0x553423)


def skin(color: Rgb) -> Material:
    """A complexion, redder on cheeks, nose and lips, with a faint sheen; the face looks toward +z, chin at y = −1."""

    def texture(p: Array) -> Array:
        cheeks = np.exp(-9 * ((np.abs(p[0]) - 0.42) ** 2 + (p[1] + 0.22) ** 2)) * (p[2] > 0.2)
        nose = np.exp(-30 * (p[0] ** 2 + (p[1] + 0.18) ** 2)) * (p[2] > 0.7)
        lips = ramp(-1.0, -0.8, -((p[0] / 0.24) ** 2 + ((p[1] + 0.52) / 0.075) ** 2)) * (p[2] > 0.4)
        brow = ramp(-1.0, -0.7, -(((np.abs(p[0]) - 0.3) / 0.19) ** 2 + ((p[1] - 0.23) / 0.05) ** 2)) * (p[2] > 0.3)
        eye = ramp(-1.0, -0.8, -(((np.abs(p[0]) - 0.29) / 0.13) ** 2 + ((p[1] - 0.04) / 0.055) ** 2)) * (p[2] > 0.3)
        iris = ramp(-1.0, -0.8, -((np.abs(p[0]) - 0.29) ** 2 + (p[1] - 0.04) ** 2) / 0.055**2) * (p[2] > 0.3)
        tone = rgb(color) * (0.9 + 0.2 * clouds(p[0] * 6 + p[2], p[1] * 6))
        tone = mix(tone, rgb(color) * rgb((1.08, 0.72, 0.66)), np.clip(0.6 * cheeks + 0.5 * nose, 0, 1))
        tone = mix(tone, rgb(color) * rgb((0.85, 0.36, 0.36)), lips)
        tone = mix(tone, rgb(color) * 0.12, 0.85 * brow)
        return mix(mix(tone, rgb((0.55, 0.53, 0.5)), eye), rgb((0.03, 0.02, 0.015)), iris * eye)

    return Material(texture, color, 0.035, 0.4)


def ball(p: Array, center: Vector, radii: Vector) -> Array:
    """Roughly the distance to an ellipsoid."""
    q = (p - column(center)) / column(radii)
    length = np.sqrt((q * q).sum(axis=0))
    inner = (q / column(radii)) ** 2
    distance: Array = length * (length - 1) / np.maximum(np.sqrt(inner.sum(axis=0)), 1e-3)
    return distance


def head_field(p: Array) -> Array:
    """The distance to a head 2 high and the neck below it."""
    mirrored = np.stack([np.abs(p[0]), p[1], p[2]])
    skull = ball(p, (0.0, 0.28, -0.08), (0.7, 0.78, 0.84))
    jaw = ball(p, (0.0, -0.36, 0.16), (0.5, 0.62, 0.56))
    face = smooth_minimum(skull, jaw, 0.25)
    face = smooth_minimum(face, ball(mirrored, (0.34, -0.2, 0.48), (0.2, 0.2, 0.18)), 0.2)
    face = smooth_minimum(face, ball(p, (0.0, 0.2, 0.64), (0.4, 0.09, 0.12)), 0.16)
    socket = ball(mirrored, (0.29, 0.04, 0.84), (0.17, 0.1, 0.16))
    face = -smooth_minimum(-face, socket, 0.12)
    face = smooth_minimum(face, ball(mirrored, (0.28, 0.04, 0.6), (0.13, 0.1, 0.11)), 0.03)
    nose = smooth_minimum(
        ball(p, (0.0, -0.17, 0.8), (0.1, 0.08, 0.12)), ball(p, (0.0, 0.02, 0.7), (0.06, 0.24, 0.1)), 0.1
    )
    face = smooth_minimum(face, nose, 0.08)
    face = smooth_minimum(face, ball(p, (0.0, -0.47, 0.66), (0.18, 0.05, 0.08)), 0.06)
    face = smooth_minimum(face, ball(p, (0.0, -0.58, 0.65), (0.15, 0.05, 0.08)), 0.06)
    face = smooth_minimum(face, ball(p, (0.0, -0.84, 0.5), (0.17, 0.13, 0.14)), 0.15)
    face = smooth_minimum(face, ball(mirrored, (0.72, -0.06, -0.08), (0.07, 0.24, 0.15)), 0.06)
    across = np.sqrt(p[0] ** 2 + (p[2] + 0.14) ** 2)
    neck = np.maximum(across - 0.36 - 0.1 * (p[1] + 1.2) ** 2, np.abs(p[1] + 1.2) - 0.75)
    return smooth_minimum(face, neck, 0.14) * 0.7


def shoulder_field(p: Array) -> Array:
    """The distance to a bust's shoulders, cut off below."""
    chest = ball(p, (0.0, -0.9, 0.0), (1.45, 1.25, 0.72))
    slope = ball(p, (0.0, -0.1, -0.1), (0.62, 0.42, 0.46))
    body = np.maximum(smooth_minimum(chest, slope, 0.4), -p[1] - 1.2)
    folds = 0.02 * np.sin(9 * p[0] + 3 * noise(p[0] * 2 + 9, p[1] * 2))
    distance: Array = (body + folds) * 0.6
    return distance


def knitted(color: Rgb) -> Material:
    """Wool: ribs of small stitches."""

    def texture(p: Array) -> Array:
        stitch = np.abs(np.sin(p[0] * 26)) * (0.6 + 0.4 * np.abs(np.sin(p[1] * 30 + 2 * np.abs(np.sin(p[0] * 13)))))
        wool: Array = rgb(color) * (0.35 + 0.65 * stitch) * (0.8 + 0.4 * noise(p[0] * 20, p[1] * 20))
        return wool

    return Material(texture, color)


def bust(place: Vector, yaw: float, complexion: Rgb, cloth: Material, hat: Material) -> list[Group]:
    """A head with a hat on shoulders, its chin about 1.6 above `place`."""
    x, y, z = place
    rotation = turn(yaw)
    crown, brim = (rotation @ column((0.0, h, -0.1)) + column((x, y + 2.6, z)) for h in (1.0, 0.62))
    at = [(float(v[0, 0]), float(v[1, 0]), float(v[2, 0])) for v in (crown, brim)]
    return [
        Group(Solid(Sculpture(head_field, 2.1), skin(complexion), (x, y + 2.6, z), rotation)),
        Group(Solid(Sculpture(shoulder_field, 2.0), cloth, (x, y + 1.2, z), rotation)),
        Group(
            Solid(Frustum(0.8, 0.68, 0.36), hat, at[0], rotation),
            Solid(Frustum(1.2, 1.16, 0.035), hat, at[1], rotation),
            Solid(Frustum(0.83, 0.82, 0.1), plain(srgb(0x7A1F24), 0.03, 0.5), (at[1][0], at[1][1] + 0.14, at[1][2])),
        ),
    ]


def milliner(seed: int) -> Scene:
    """Three busts: a warm lamp from one side, the blue of the street from the other."""
    random = np.random.default_rng((seed, 1))
    felt = (srgb(0x3A332E), srgb(0xA88A5C), srgb(0x4A5A48))
    cloths = (knitted(srgb(0x27496D)), gingham(srgb(0x8E2F2B), 0.16), knitted(srgb(0xB9832B)))
    groups = [
        Group(Solid(Plane(), wood(srgb(0x33201A), srgb(0x6E4632), 1.45), (0.0, 0.0, 0.3))),
        Group(Solid(Plane(), wallpaper(srgb(0x40636B), srgb(0xB9A974)), (0.2, 0.0, -2.9), turn(0, 90))),
    ]
    for number, (x, z, yaw) in enumerate(((-2.75, -0.9, 24.0), (0.05, 0.3, 8.0), (2.75, -0.8, -26.0))):
        color = srgb(SKINS[number])
        groups += bust(
            (x, 0.0, z), yaw + float(random.uniform(-5, 5)), color, cloths[number], plain(felt[number], mottle=0.6)
        )
    tube = Group(Solid(Box((0.05, 1.6, 0.05), 0.01), neon((50.0, 44.0, 34.0)), (4.25, 3.0, -2.6)))
    lamp = Lamp((-5.5, 5.5, 5.0), (0.0, 2.4, 0.0), 0.8, scaled(TUNGSTEN, 70.0), scaled(TUNGSTEN, 6.0))
    street = Bulb((6.0, 3.6, 3.4), 0.4, (8.0, 14.0, 26.0))
    eye = Camera((0.0, 3.0, 12.5), (0.0, 2.15, 0.0), 24.5, 0.06)
    return Scene(World([*groups, tube]), lamp, street, night(0.03), eye)
