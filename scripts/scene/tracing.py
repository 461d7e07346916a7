"""From a scene to linear light: one scattering, one reflection, sampled shadows, and a filter for the grain.

Surfaces answer as Lambert's law plus a reflection weighted by Schlick's approximation of Fresnel's equations. Both
lights are sampled where each path meets a surface, in shuffled strata, so that shadows are soft and smooth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scene.geometry import EPSILON, Index, dot, normalize
from scene.light import Lamp, Scene, Source
from scene.materials import Array, rgb

#: Rays per batch: what keeps one batch's arrays in a processor's cache.
BATCH = 16384

#: One step per pair of random numbers; prime to the squares of small sides, so each visits all strata in its own order.
STEPS = (1, 11, 13, 17, 19, 23, 29, 31, 37, 41)

#: The most that a light counts for where a second ray meets it: brighter, the few rays that do would leave specks.
GLINT = 3.5


class Strata:
    """Pairs of uniform numbers for `count` pixels: over all samples of a pixel, each stratum is visited once."""

    def __init__(self, seed: tuple[int, int], count: int, side: int) -> None:
        self.random = np.random.default_rng(seed)
        self.side = side
        self.offsets = self.random.integers(0, side * side, (len(STEPS), count))

    def pair(self, number: int, sample: int) -> Array:
        """The pair ``(2, n)`` of the given number for one sample of each pixel."""
        at = (self.offsets[number] + sample * STEPS[number]) % (self.side * self.side)
        jitter = self.random.random((2, at.size), np.float32)
        return ((np.stack([at % self.side, at // self.side]) + jitter) / self.side).astype(np.float32)


@dataclass
class Surface:
    """What rays met: every field has one column a ray."""

    point: Array
    normal: Array
    flat: Array
    color: Array
    glow: Array
    gloss: Array
    rough: Array
    metal: Array


def bend(surface: Surface, local: Array, scene: Scene, number: int, part: Index) -> None:
    """Tilts the normals of solid `number` by the slope of its relief."""
    solid = scene.world.solids[number]
    if solid.material.relief is None:
        return
    height = solid.material.relief(local)
    shifts = np.eye(3, dtype=np.float32)[:, :, None] * 8e-3
    slope = np.stack([(solid.material.relief(local + shift) - height) / 8e-3 for shift in shifts])
    tilt = solid.rotation @ slope
    flat = surface.flat[:, part]
    surface.normal[:, part] = normalize(flat - tilt + dot(tilt, flat) * flat)


def describe(scene: Scene, point: Array, which: Index, fine: bool) -> Surface:
    """The surfaces at hits; coarse ones have mean colors and no relief, which is enough for scattered light."""
    blank, line = np.zeros_like(point), np.zeros(point.shape[1], np.float32)
    surface = Surface(point, blank, blank.copy(), blank.copy(), blank.copy(), line, line.copy(), line.copy())
    order = np.argsort(which, kind="stable")
    edges = np.searchsorted(which[order], np.arange(len(scene.world.solids) + 1))
    for number, solid in enumerate(scene.world.solids):
        part = order[edges[number] : edges[number + 1]]
        if not part.size:
            continue
        material, local = solid.material, solid.inward(point[:, part])
        normal = solid.rotation @ solid.shape.normal(local)
        surface.flat[:, part] = surface.normal[:, part] = normal
        surface.color[:, part] = material.texture(local) if fine else rgb(material.average)
        surface.gloss[part], surface.rough[part], surface.metal[part] = material.gloss, material.rough, material.metal
        if material.glow:
            surface.glow[:, part] = material.glow(local)
        if fine:
            bend(surface, local, scene, number, part)
    return surface


def direct(scene: Scene, surface: Surface, pairs: tuple[Array, Array]) -> Array:
    """Light from the lamp and the flame that a white surface would scatter: ``(3, n)``."""
    total = np.zeros_like(surface.point)
    start = surface.point + surface.flat * EPSILON
    lights: tuple[Lamp | Source, ...] = (scene.lamp, scene.flame)
    for light, pair in zip(lights, pairs, strict=True):
        source = light.sample(pair)
        sent = light.irradiance(surface.point, surface.normal, source)
        way = source - start
        distance = np.sqrt(dot(way, way))
        facing = np.flatnonzero((sent[0] > 1e-5) & (dot(surface.flat, way) > 0))
        clear = scene.world.lit(start[:, facing], (way / distance)[:, facing], distance[facing])
        reached = facing[clear]
        total[:, reached] += sent[:, reached]
    return total


def glance(scene: Scene, origin: Array, direction: Array, pairs: tuple[Array, Array], mirror: bool) -> Array:
    """What a ray from a surface sees, ``(3, n)``: the second meeting; light from farther counts as the room's mean."""
    distance, which = scene.world.trace(origin, direction)
    seen = scene.room.radiance(direction)
    hit = np.flatnonzero(which >= 0)
    point = origin[:, hit] + direction[:, hit] * distance[hit]
    surface = describe(scene, point, which[hit], fine=mirror)
    chosen = (pairs[0][:, hit], pairs[1][:, hit])
    around = rgb(scene.room.ambient) * 0.8
    seen[:, hit] = surface.color * (direct(scene, surface, chosen) + around) + np.minimum(surface.glow, GLINT)
    if mirror:
        lamp = scene.lamp.reflected(origin, direction) * (which < 0)
        flame = np.minimum(scene.flame.radiance(origin, direction, distance), GLINT)
        seen += flame + rgb(scene.lamp.seen) * lamp
    return seen


def scatter(normal: Array, pair: Array) -> Array:
    """Directions about each normal by Lambert's law: toward points of a unit sphere that stands on the surface."""
    height, angle = 1 - 2 * pair[0], 2 * np.pi * pair[1]
    radius = np.sqrt(np.maximum(1 - height * height, 0))
    ball = np.stack([radius * np.cos(angle), radius * np.sin(angle), height])
    return normalize(normal + ball * 0.999).astype(np.float32)


def reflection(scene: Scene, surface: Surface, direction: Array, strata: Strata, sample: int) -> tuple[Array, Array]:
    """The mirrored light ``(3, n)`` and its weight ``(3, n)``."""
    facing = np.clip(-dot(direction, surface.normal), 0, 1)
    base = np.where(surface.metal > 0, surface.color, surface.gloss)
    grazing = (1 - facing) ** 5 * (1 - surface.rough) * (surface.gloss > 0)
    weight = base + (1 - base) * grazing
    light = np.zeros_like(weight)
    polished = np.flatnonzero(surface.gloss > 0)
    normal, incoming = surface.normal[:, polished], direction[:, polished]
    mirrored = incoming - 2 * dot(incoming, normal) * normal
    spread = scatter(mirrored, strata.pair(7, sample)[:, polished])
    way = normalize(mirrored + (spread - mirrored) * surface.rough[polished])
    below = np.minimum(dot(way, surface.flat[:, polished]) - 0.01, 0)
    way = normalize(way - 2 * below * surface.flat[:, polished])
    start = surface.point[:, polished] + surface.flat[:, polished] * EPSILON
    pairs = (strata.pair(8, sample)[:, polished], strata.pair(9, sample)[:, polished])
    light[:, polished] = glance(scene, start, way, pairs, mirror=True)
    return light, weight


def sample_paths(scene: Scene, x: Array, y: Array, strata: Strata, sample: int) -> Array:
    """One path a pixel, as rows ``(15, n)``: light, scattered light, the weight of that, the normal, the place."""
    pair = strata.pair
    origin, direction = scene.camera.rays(x, y, pair(1, sample))
    distance, which = scene.world.trace(origin, direction)
    # A ray along the desk's horizon meets nothing; it gets the place that the room's darkness would have.
    point = origin + direction * np.minimum(distance, 100)
    surface = describe(scene, point, np.maximum(which, 0), fine=True)
    start = surface.point + surface.flat * EPSILON
    around = glance(
        scene, start, scatter(surface.normal, pair(4, sample)), (pair(5, sample), pair(6, sample)), mirror=False
    )
    mirrored, weight = reflection(scene, surface, direction, strata, sample)
    matte = surface.color * (1 - weight) * (surface.metal == 0)
    light = surface.glow + matte * direct(scene, surface, (pair(2, sample), pair(3, sample))) + weight * mirrored
    light += scene.flame.radiance(origin, direction, distance) + scene.flame.glare(origin, direction)
    return np.concatenate([light, matte * around, matte, surface.normal, surface.point])


def smooth(light: Array, normal: Array, place: Array, passes: int = 3) -> Array:
    """Averages ``(h, w, 3)`` light over neighbors on the same surface, ever farther apart (an à-trous filter)."""
    for step in (2**number for number in range(passes)):
        total, weights = np.zeros_like(light), np.zeros(light.shape[:2], np.float32)
        for dy in (-step, 0, step):
            for dx in (-step, 0, step):
                near = [np.roll(value, (dy, dx), (0, 1)) for value in (light, normal, place)]
                turned = ((near[1] - normal) ** 2).sum(axis=2)
                moved = near[2] - place
                lifted = (moved * normal).sum(axis=2) ** 2
                weight = np.exp(-6 * turned - 400 * lifted - 12 * (moved**2).sum(axis=2))
                weight *= (2.0 if dx == 0 else 1.0) * (2.0 if dy == 0 else 1.0)
                total += near[0] * weight[:, :, None]
                weights += weight
        light = total / weights[:, :, None]
    return light


def render(scene: Scene, width: int, height: int, side: int, seed: int) -> Array:
    """The linear RGB picture ``(height, width, 3)``, 1 for white in full light, from side² paths a pixel."""
    # The scene is composed for 3:2; a narrower picture steps back rather than cut its sides.
    widen = max(1.0, 1.5 * height / width)
    rows = np.empty((15, height * width), np.float32)
    for start in range(0, height * width, BATCH):
        at = np.arange(start, min(start + BATCH, height * width))
        strata = Strata((seed, start), at.size, side)
        total = np.zeros((15, at.size), np.float32)
        for sample in range(side * side):
            x, y = np.stack([at % width, at // width]).astype(np.float32) + strata.pair(0, sample)
            x, y = widen * (2 * x - width) / height, widen * (1 - 2 * y / height)
            total += sample_paths(scene, x, y, strata, sample)
        rows[:, at] = total / side**2
    light, around, matte, normal, place = (
        part.reshape(height, width, 3) for part in np.moveaxis(rows.reshape(5, 3, -1), 1, 2)
    )
    return light + matte * smooth(around / (matte + 1e-4), normal, place)
