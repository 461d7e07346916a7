"""A well-lit scene in linear light, with things in it that a detector should find, and how they are put there."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

WIDTH, HEIGHT = 320, 240
# Prints are drawn on a finer grid, so that their edges fall between the pixels as a lens would have them.
_FINER = 3


@dataclass(frozen=True)
class Box:
    """An upright rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, points: NDArray[np.floating]) -> Box:
        """The smallest one around points (count, 2) of x and y."""
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        return cls(float(left), float(top), float(right), float(bottom))

    def overlap(self, other: Box) -> float:
        """Intersection over union, 0 to 1."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        common = max(width, 0.0) * max(height, 0.0)
        union = self._area + other._area - common
        return common / union if union > 0.0 else 0.0

    @property
    def _area(self) -> float:
        return max(self.right - self.left, 0.0) * max(self.bottom - self.top, 0.0)


@dataclass(frozen=True)
class Target:
    """Something in a scene: what a detector should say, and where."""

    label: str
    box: Box


@dataclass(frozen=True)
class Print:
    """A flat thing to be put into a scene.

    Attributes:
        light: (side, side, 3), linear light that it reflects.
        cover: (side, side), how much of the scene behind it hides, 0 to 1.
        modules: the side in modules of a code; 1 for a thing that has none.
        margin: the edge that does not belong to what a detector marks, as a share of the side.
    """

    light: Float64
    cover: Float64
    modules: int
    margin: float


@dataclass(frozen=True)
class Pose:
    """Where a print lies.

    Attributes:
        x: of its middle, in pixels.
        y: of its middle, in pixels.
        side: in pixels, seen from straight ahead.
        roll: rotation in the picture, in radians.
        tilt: rotation out of the picture, in radians.
        axis: the direction of the axis of the tilt, in radians.
    """

    x: float
    y: float
    side: float
    roll: float
    tilt: float = 0.0
    axis: float = 0.0


@dataclass(frozen=True)
class Scene:
    """Linear light (HEIGHT, WIDTH, 3), 1 is white, and what is in it."""

    light: Float64
    targets: tuple[Target, ...] = ()


def put(scene: Scene, thing: Print, pose: Pose, label: str) -> Scene:
    """The scene with the print lying in it."""
    import cv2

    side = thing.light.shape[0]
    inner = thing.margin * side
    matrix = _homography(side, pose)
    finer = np.diag([_FINER, _FINER, 1.0]) @ matrix
    layers = np.dstack([thing.light * thing.cover[..., None], thing.cover])
    drawn = cv2.warpPerspective(layers, finer, (WIDTH * _FINER, HEIGHT * _FINER), flags=cv2.INTER_LINEAR)
    drawn = cv2.resize(drawn, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    corners = np.array([[inner, inner], [side - inner, inner], [side - inner, side - inner], [inner, side - inner]])
    target = Target(label, Box.around(_project(matrix, corners)))
    light = scene.light * (1.0 - drawn[..., 3:]) + drawn[..., :3]
    return replace(scene, light=np.asarray(light, np.float64), targets=(*scene.targets, target))


def through_a_lens(scene: Scene, blur: float, slope: tuple[float, float]) -> Scene:
    """The scene under uneven light and a little out of focus.

    Args:
        scene: as it is.
        blur: the standard deviation of the Gaussian, in pixels.
        slope: how much brighter the right and the lower edge are than the middle, in stops; the other edges are darker.
    """
    import cv2

    across = np.linspace(-slope[0], slope[0], WIDTH)
    down = np.linspace(-slope[1], slope[1], HEIGHT)
    lit = scene.light * np.exp2(across + down[:, None])[..., None]
    return replace(scene, light=np.asarray(cv2.GaussianBlur(lit, (0, 0), blur), np.float64))


def _homography(side: int, pose: Pose) -> Float64:
    """From coordinates on the print, 0 to `side`, to pixels: a pinhole camera at three sides' distance."""
    distance = 3.0
    turned = _about_z(pose.roll) @ _about_z(pose.axis) @ _about_x(pose.tilt) @ _about_z(-pose.axis)
    centered = np.array([[1 / side, 0, -0.5], [0, 1 / side, -0.5], [0, 0, 1]])
    plane = np.column_stack([turned[:, 0], turned[:, 1], [0.0, 0.0, distance]])
    camera = np.array([[pose.side * distance, 0, pose.x], [0, pose.side * distance, pose.y], [0, 0, 1]])
    return np.asarray(camera @ plane @ centered)


def _project(matrix: Float64, points: Float64) -> Float64:
    seen = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(seen[:, :2] / seen[:, 2:])


def _about_z(angle: float) -> Float64:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _about_x(angle: float) -> Float64:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])
