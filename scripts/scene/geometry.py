"""Solids, and the scene that finds what a ray meets.

Points and directions are ``(3, n)`` float32 arrays, one column a ray; lengths are in decimeters. A solid is
intersected in its own frame, so every test below is about the origin and along the axes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from scene.materials import Array, Material

Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Vector = tuple[float, float, float]

#: A ray starts this far above its surface, and a hit nearer than that is the surface itself (float32 at 10 dm: 1e-6).
EPSILON = 2e-3


def dot(a: Array, b: Array) -> Array:
    """The dot product of each column of two ``(3, n)`` arrays: ``(n,)``."""
    product: Array = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    return product


def normalize(a: Array) -> Array:
    """Each column scaled to length 1."""
    unit: Array = a / np.sqrt(dot(a, a) + 1e-20)
    return unit


def column(vector: Vector) -> Array:
    """A vector as a ``(3, 1)`` float32 array, which broadcasts over rays."""
    return np.array(vector, np.float32)[:, None]


def turn(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> Array:
    """The ``(3, 3)`` rotation local to world: roll about z, then pitch about x, then yaw about y, in degrees."""
    (cy, sy), (cp, sp), (cr, sr) = ((float(np.cos(a)), float(np.sin(a))) for a in np.radians([yaw, pitch, roll]))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    rotation: Array = (about_y @ about_x @ about_z).astype(np.float32)
    return rotation


class Shape(Protocol):
    """A solid in its own frame."""

    @property
    def bound(self) -> float:
        """The radius of a sphere about the origin that holds the solid."""

    def meet(self, origin: Array, direction: Array) -> Array:
        """The distance ``(n,)`` at which each ray enters the solid; infinite where it does not."""

    def normal(self, point: Array) -> Array:
        """The outward unit normal ``(3, n)`` at points on the surface."""


@dataclass(frozen=True)
class Sphere:
    """A ball."""

    radius: float

    @property
    def bound(self) -> float:
        """See `Shape`."""
        return self.radius

    def meet(self, origin: Array, direction: Array) -> Array:
        """See `Shape`."""
        along = dot(origin, direction)
        root = along * along - dot(origin, origin) + self.radius**2
        entry = -along - np.sqrt(np.maximum(root, 0))
        return np.where((root > 0) & (entry > EPSILON), entry, np.float32(np.inf))

    def normal(self, point: Array) -> Array:
        """See `Shape`."""
        return normalize(point)


@dataclass(frozen=True)
class Box:
    """A box of the given half extents whose edges shade as if rounded over `bevel`."""

    half: Vector
    bevel: float = 0.02

    @property
    def bound(self) -> float:
        """See `Shape`."""
        return float(np.linalg.norm(self.half))

    def meet(self, origin: Array, direction: Array) -> Array:
        """See `Shape`."""
        half = column(self.half)
        inverse = 1 / np.where(np.abs(direction) < 1e-9, np.float32(1e-9), direction)
        middle, reach = -origin * inverse, half * np.abs(inverse)
        near = (middle - reach).max(axis=0)
        far = (middle + reach).min(axis=0)
        return np.where((near <= far) & (near > EPSILON), near, np.float32(np.inf))

    def normal(self, point: Array) -> Array:
        """See `Shape`; blends into the neighboring face over the bevel, as real edges do to catch the light."""
        depth = np.abs(point) - column(self.half)
        bevel = max(self.bevel, 1e-4)
        weight = np.clip(1 + (depth - depth.max(axis=0)) / bevel, 0, 1) ** 2
        return normalize(np.sign(point) * weight)


@dataclass(frozen=True)
class Frustum:
    """An upright cone slice, a cylinder where both radii agree; y from −half to half."""

    bottom: float
    top: float
    half: float

    @property
    def bound(self) -> float:
        """See `Shape`."""
        return float(np.hypot(max(self.bottom, self.top), self.half))

    def meet(self, origin: Array, direction: Array) -> Array:
        """See `Shape`."""
        slope = (self.top - self.bottom) / (2 * self.half)
        (ox, oy, oz), (dx, dy, dz) = origin, direction
        radius, growth = (self.top + self.bottom) / 2 + slope * oy, slope * dy
        a = dx * dx + dz * dz - growth * growth
        a = np.where(np.abs(a) < 1e-9, np.float32(1e-9), a)
        b = ox * dx + oz * dz - radius * growth
        root = b * b - a * (ox * ox + oz * oz - radius * radius)
        reach = np.sqrt(np.maximum(root, 0))
        best = np.full(ox.shape, np.inf, np.float32)
        for t in ((-b - reach) / a, (-b + reach) / a):
            good = (root > 0) & (t > EPSILON) & (np.abs(oy + t * dy) <= self.half)
            best = np.where(good & (t < best), t, best)
        dy = np.where(np.abs(dy) < 1e-9, np.float32(1e-9), dy)
        for level, size in ((self.half, self.top), (-self.half, self.bottom)):
            t = (level - oy) / dy
            good = (t > EPSILON) & ((ox + t * dx) ** 2 + (oz + t * dz) ** 2 <= size * size)
            best = np.where(good & (t < best), t, best)
        return best

    def normal(self, point: Array) -> Array:
        """See `Shape`."""
        slope = (self.top - self.bottom) / (2 * self.half)
        x, y, z = point
        across = np.sqrt(x * x + z * z) + 1e-9
        side = normalize(np.stack([x / across, np.full_like(x, -slope), z / across]))
        depth = (across - (self.top + self.bottom) / 2 - slope * y) / (1 + slope * slope) ** 0.5
        cap = np.stack([np.zeros_like(x), np.sign(y), np.zeros_like(x)])
        return np.where(np.abs(y) - self.half > depth, cap, side)


@dataclass(frozen=True)
class Sculpture:
    """A solid known by a distance function `field`, negative inside; found by walking along the ray."""

    field: Callable[[Array], Array]
    bound: float

    def meet(self, origin: Array, direction: Array) -> Array:
        """See `Shape`."""
        along = -dot(origin, direction)
        root = along * along - dot(origin, origin) + self.bound**2
        reach = np.sqrt(np.maximum(root, 0))
        best = np.full(along.shape, np.inf, np.float32)
        live: Index = np.flatnonzero((root > 0) & (along + reach > 0))
        t = np.maximum(along - reach, 0)[live]
        for _ in range(48):
            step = self.field(origin[:, live] + t * direction[:, live])
            found = (step < EPSILON / 2) & (t > EPSILON)
            best[live[found]] = t[found]
            t = t + np.maximum(step, EPSILON / 2)
            on = ~found & (t < (along + reach)[live])
            live, t = live[on], t[on]
            if not live.size:
                break
        return best

    def normal(self, point: Array) -> Array:
        """See `Shape`: the gradient of the field, by central differences."""
        shifts = np.eye(3, dtype=np.float32)[:, :, None] * 4e-3
        return normalize(np.stack([self.field(point + s) - self.field(point - s) for s in shifts]))


@dataclass(frozen=True)
class Plane:
    """The plane through the origin that faces +y of its own frame, without end."""

    bound: float = float("inf")

    def meet(self, origin: Array, direction: Array) -> Array:
        """See `Shape`."""
        t = -origin[1] / np.where(np.abs(direction[1]) < 1e-9, np.float32(1e-9), direction[1])
        return np.where((t > EPSILON) & (direction[1] < 0), t, np.float32(np.inf))

    def normal(self, point: Array) -> Array:
        """See `Shape`."""
        return np.broadcast_to(column((0.0, 1.0, 0.0)), point.shape)


@dataclass(frozen=True)
class Solid:
    """A shape put into the world, and what it is made of."""

    shape: Shape
    material: Material
    center: Vector = (0.0, 0.0, 0.0)
    rotation: Array = field(default_factory=turn)

    def inward(self, points: Array) -> Array:
        """World points in the solid's own frame."""
        local: Array = self.rotation.T @ (points - column(self.center))
        return local

    def meet(self, origin: Array, direction: Array) -> Array:
        """As `Shape.meet`, in the world."""
        return self.shape.meet(self.inward(origin), self.rotation.T @ direction)


class Group:
    """Solids that stand together: rays that miss the sphere about them are not tried on each."""

    def __init__(self, *solids: Solid) -> None:
        self.solids = solids
        centers = np.array([solid.center for solid in solids], np.float32).T
        self.center = (centers.max(axis=1, keepdims=True) + centers.min(axis=1, keepdims=True)) / 2
        spans = np.linalg.norm(centers - self.center, axis=0)
        self.radius = max(float(span) + solid.shape.bound for span, solid in zip(spans, solids, strict=True))

    def near(self, origin: Array, direction: Array, limit: Array) -> Index:
        """The rays that may meet the group before `limit`."""
        if np.isinf(self.radius):
            return np.arange(limit.size)
        away = self.center - origin
        along = dot(away, direction)
        excess = dot(away, away) - self.radius**2
        return np.flatnonzero((along * along >= excess) & ((along > 0) | (excess < 0)) & (along - self.radius < limit))


class World:
    """Every solid, in groups; the planes of the room only receive light, so nothing looks for their shadows."""

    def __init__(self, groups: list[Group]) -> None:
        self.groups = groups
        self.solids = [solid for group in groups for solid in group.solids]

    def trace(self, origin: Array, direction: Array) -> tuple[Array, Index]:
        """The nearest hit of each ray: its distance ``(n,)`` and the index of the solid; infinite and −1 for none."""
        best = np.full(origin.shape[1], np.inf, np.float32)
        which = np.full(origin.shape[1], -1, np.intp)
        number = 0
        for group in self.groups:
            near = group.near(origin, direction, best)
            start, way = origin[:, near], direction[:, near]
            for solid in group.solids:
                if near.size:
                    t = solid.meet(start, way)
                    better = t < best[near]
                    best[near[better]], which[near[better]] = t[better], number
                number += 1
        return best, which

    def lit(self, origin: Array, direction: Array, distance: Array) -> Mask:
        """Whether nothing stands between each point and its light, `distance` away: ``(n,)``."""
        clear = np.ones(distance.shape, np.bool_)
        for group in self.groups:
            if np.isinf(group.radius):
                continue
            near = group.near(origin, direction, np.where(clear, distance, np.float32(-np.inf)))
            for solid in group.solids if near.size else ():
                near = near[clear[near]]
                clear[near] = solid.meet(origin[:, near], direction[:, near]) >= distance[near]
        return clear
