"""What shines: a lamp outside the picture, a flame or a bulb inside it, and the dim room behind the camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from scene.geometry import Vector, World, column, dot, normalize
from scene.materials import Array, Rgb, ramp, rgb


@dataclass(frozen=True)
class Lamp:
    """A disc that faces `toward`; its radiance lights, and `seen`, kept near the sensor's range, is what reflects."""

    center: Vector
    toward: Vector
    radius: float
    radiance: Rgb
    seen: Rgb

    @property
    def axis(self) -> Array:
        """The unit direction in which the disc shines: ``(3, 1)``."""
        return normalize(column(self.toward) - column(self.center))

    def sample(self, uv: Array) -> Array:
        """Points ``(3, n)`` on the disc for uniform pairs ``(2, n)``."""
        across = normalize(np.cross(self.axis, column((0.0, 1.0, 0.0)), axis=0))
        up = np.cross(across, self.axis, axis=0)
        radius, angle = self.radius * np.sqrt(uv[0]), 2 * np.pi * uv[1]
        points: Array = column(self.center) + across * (radius * np.cos(angle)) + up * (radius * np.sin(angle))
        return points

    def irradiance(self, point: Array, normal: Array, source: Array) -> Array:
        """What `source` sends to each point, over π: ``(3, n)``, shadows aside."""
        way = source - point
        square = dot(way, way)
        cosines = np.maximum(dot(normal, way), 0) * np.maximum(-dot(self.axis, way), 0) / square
        return rgb(self.radiance) * (self.radius**2 * cosines / square)

    def reflected(self, origin: Array, direction: Array) -> Array:
        """How much of each ray ``(n,)`` sees the disc, with a soft rim."""
        axis, away = self.axis, column(self.center) - origin
        facing = dot(direction, axis)
        t = dot(away, axis) / np.where(np.abs(facing) < 1e-6, np.float32(1e-6), facing)
        miss = direction * t - away
        distance = np.sqrt(dot(miss, miss))
        return ramp(-1.0, -0.8, -distance / self.radius) * ((t > 0) & (facing < 0))


class Source(Protocol):
    """A small light that shines to all sides and may be seen itself."""

    def sample(self, uv: Array) -> Array:
        """Points ``(3, n)`` in the source for uniform pairs ``(2, n)``."""

    def irradiance(self, point: Array, normal: Array, source: Array) -> Array:
        """What `source` sends to each point, over π: ``(3, n)``, shadows aside."""

    def radiance(self, origin: Array, direction: Array, limit: Array) -> Array:
        """The light ``(3, n)`` each ray meets in the source before `limit`."""

    def glare(self, origin: Array, direction: Array) -> Array:
        """The veil ``(3, n)`` that a real lens spreads about the source."""


def spread(intensity: Rgb, point: Array, normal: Array, source: Array) -> Array:
    """`Source.irradiance` of a small source; the nearest points count as 2 cm away, for none is a point."""
    way = source - point
    square = np.maximum(dot(way, way), 0.04)
    return rgb(intensity) * (np.maximum(dot(normal, way), 0) / (square * np.sqrt(square) * np.pi))


def veil(seen: Rgb, center: Array, size: float, origin: Array, direction: Array) -> Array:
    """`Source.glare` about a center ``(3, 1)``; it reaches farther the larger the source."""
    miss = np.cross(center - origin, direction, axis=0)
    square = dot(miss, miss) / size**2
    return rgb(seen) * (0.02 / (1 + 1.5 * square) + 0.004 / (1 + 0.05 * square))


@dataclass(frozen=True)
class Flame:
    """A candle flame that stands on `base`: a soft drop for whoever looks, a short line of light for the scene."""

    base: Vector
    height: float
    intensity: Rgb
    seen: Rgb

    def sample(self, uv: Array) -> Array:
        """Points ``(3, n)`` in the flame for uniform pairs ``(2, n)``."""
        angle, radius = 2 * np.pi * uv[1], 0.16 * self.height
        rise = self.height * (0.2 + 0.6 * uv[0])
        return column(self.base) + np.stack([radius * np.cos(angle), rise, radius * np.sin(angle)]).astype(np.float32)

    def irradiance(self, point: Array, normal: Array, source: Array) -> Array:
        """See `Source`."""
        return spread(self.intensity, point, normal, source)

    def radiance(self, origin: Array, direction: Array, limit: Array) -> Array:
        """The light ``(3, n)`` each ray meets in the flame before `limit`: a drop, blue below, amber at the tip."""
        away = column(self.base) - origin
        flat = direction[0] ** 2 + direction[2] ** 2 + 1e-6
        t = (away[0] * direction[0] + away[2] * direction[2]) / flat
        across = np.sqrt((direction[0] * t - away[0]) ** 2 + (direction[2] * t - away[2]) ** 2)
        rise = (direction[1] * t - away[1]) / self.height
        inside = np.clip(rise, 0.0, 1.0)
        width = self.height * 0.56 * np.sqrt(inside + 1e-4) * (1 - inside) ** 0.9
        body = ramp(0.0, 1.0, (width - across) / (0.09 * self.height)) * (
            (t > 0) & (t < limit) & (rise > 0) & (rise < 1)
        )
        tint = rgb((1.0, 1.0, 1.0)) - rgb((0.0, 0.28, 0.7)) * ramp(0.35, 1.0, inside)
        foot = 1 - ramp(0.0, 0.28, inside)
        color = tint * (1 - 0.85 * foot) + rgb((0.02, 0.06, 0.22)) * foot
        gathered: Array = rgb(self.seen) * color * body
        return gathered

    def glare(self, origin: Array, direction: Array) -> Array:
        """See `Source`."""
        middle = column(self.base) + column((0.0, self.height / 2, 0.0))
        return veil(self.seen, middle, self.height, origin, direction)


@dataclass(frozen=True)
class Bulb:
    """A glowing ball; with `seen` 0 a light that is outside the picture."""

    center: Vector
    radius: float
    intensity: Rgb
    seen: Rgb = (0.0, 0.0, 0.0)

    def sample(self, uv: Array) -> Array:
        """See `Source`."""
        height, angle = 1 - 2 * uv[0], 2 * np.pi * uv[1]
        across = np.sqrt(np.maximum(1 - height * height, 0))
        ball = np.stack([across * np.cos(angle), height, across * np.sin(angle)]).astype(np.float32)
        return column(self.center) + self.radius * ball

    def irradiance(self, point: Array, normal: Array, source: Array) -> Array:
        """See `Source`."""
        return spread(self.intensity, point, normal, source)

    def radiance(self, origin: Array, direction: Array, limit: Array) -> Array:
        """See `Source`: even, with a soft rim."""
        away = column(self.center) - origin
        along = dot(away, direction)
        miss = direction * along - away
        disc = ramp(-1.0, -0.85, -np.sqrt(dot(miss, miss)) / self.radius)
        gathered: Array = rgb(self.seen) * (disc * ((along > 0) & (along < limit)))
        return gathered

    def glare(self, origin: Array, direction: Array) -> Array:
        """See `Source`."""
        return 0.3 * veil(self.seen, column(self.center), self.radius, origin, direction)


@dataclass(frozen=True)
class Room:
    """Everything else: faint light from all sides, and a window at night that shows in whatever is polished."""

    ambient: Rgb
    window: Rgb
    toward: Vector

    def radiance(self, direction: Array) -> Array:
        """The light from each direction: ``(3, n)``."""
        middle = normalize(column(self.toward))
        across = normalize(np.cross(middle, column((0.0, 1.0, 0.0)), axis=0))
        up = np.cross(across, middle, axis=0)
        facing = np.maximum(dot(direction, middle), 1e-3)
        u, v = np.abs(dot(direction, across) / facing), np.abs(dot(direction, up) / facing)
        panes = (
            ramp(-0.26, -0.24, -u)
            * ramp(-0.36, -0.34, -v)
            * ramp(0.012, 0.024, u)
            * ramp(0.012, 0.024, np.abs(v - 0.1))
        )
        seen: Array = rgb(self.ambient) * (0.7 + 0.3 * direction[1]) + rgb(self.window) * (panes * (facing > 0.01))
        return seen


@dataclass(frozen=True)
class Camera:
    """A thin lens at `eye`: field of view in degrees across the height, aperture radius in decimeters."""

    eye: Vector
    toward: Vector
    view: float
    aperture: float

    def rays(self, x: Array, y: Array, lens: Array) -> tuple[Array, Array]:
        """Origins and unit directions for points on the film, −1 to 1 over the height, and uniform lens pairs."""
        eye = column(self.eye)
        ahead = column(self.toward) - eye
        focus = float(np.sqrt(dot(ahead, ahead)[0]))
        ahead = ahead / focus
        right = normalize(np.cross(ahead, column((0.0, 1.0, 0.0)), axis=0))
        up = np.cross(right, ahead, axis=0)
        scale = float(np.tan(np.radians(self.view / 2)))
        target = eye + (ahead + right * (x * scale) + up * (y * scale)) * focus
        radius, angle = self.aperture * np.sqrt(lens[0]), 2 * np.pi * lens[1]
        origin = eye + right * (radius * np.cos(angle)) + up * (radius * np.sin(angle))
        return origin.astype(np.float32), normalize(target - origin).astype(np.float32)


@dataclass(frozen=True)
class Scene:
    """All that the renderer needs."""

    world: World
    lamp: Lamp
    flame: Source
    room: Room
    camera: Camera
