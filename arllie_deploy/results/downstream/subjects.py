"""The table of what is looked for: how its scenes are made, and the detector that looks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import radians

import numpy as np

from arllie_deploy.results.downstream.backgrounds import BACKGROUNDS, background
from arllie_deploy.results.downstream.codes import TAGS, qr_print, qr_text, tag_print
from arllie_deploy.results.downstream.detectors import FACE, Find, find_faces, find_qr, find_tags
from arllie_deploy.results.downstream.faces import FACES, face_print
from arllie_deploy.results.downstream.scene import HEIGHT, WIDTH, Pose, Print, Scene, put, through_a_lens

# Four faces a scene, in a grid of two by two.
FACES_A_SCENE = 4
# Sizes in pixels of a module and of a face.
_QR_MODULE, _TAG_MODULE, _FACE_SIDE = (3.2, 5.0), (3.0, 7.0), (36.0, 60.0)
_ROLL = radians(30)
# What OpenCV's QR detector and its marker detector read in good light, which the study has to begin with.
_QR_TILT, _TAG_TILT = radians(20), radians(40)
_FACE_ROLL = radians(6)
_BLUR = (0.3, 0.9)
# In stops, from the middle to an edge.
_SLOPE = 0.4


@dataclass(frozen=True)
class Subject:
    """One row.

    Attributes:
        name: the id.
        title: for people.
        detector: what looks for it, for people.
        verb: what the detector does with it: "decoded" or "found".
        scenes: how many are made.
        make: (index of the scene, its generator) -> the scene.
        find: the detector.
    """

    name: str
    title: str
    detector: str
    verb: str
    scenes: int
    make: Callable[[int, np.random.Generator], Scene]
    find: Find


def _qr_scene(index: int, rng: np.random.Generator) -> Scene:
    text = qr_text(rng)
    return _code_scene(index, qr_print(text), text, _QR_MODULE, _QR_TILT, rng)


def _tag_scene(index: int, rng: np.random.Generator) -> Scene:
    number = int(rng.integers(TAGS))
    return _code_scene(index, tag_print(number), str(number), _TAG_MODULE, _TAG_TILT, rng)


def _face_scene(index: int, rng: np.random.Generator) -> Scene:
    scene = _empty(index, rng)
    for place in range(FACES_A_SCENE):
        row, column = divmod(place, 2)
        side = rng.uniform(*_FACE_SIDE)
        pose = Pose(
            x=WIDTH * (column + rng.uniform(0.3, 0.7)) / 2,
            y=HEIGHT * (row + rng.uniform(0.3, 0.7)) / 2,
            side=side,
            roll=rng.uniform(-_FACE_ROLL, _FACE_ROLL),
        )
        scene = put(scene, face_print((index * FACES_A_SCENE + place) % FACES), pose, FACE)
    return _finish(scene, rng)


def _code_scene(
    index: int, thing: Print, label: str, sizes: tuple[float, float], tilt: float, rng: np.random.Generator
) -> Scene:
    side = thing.modules * rng.uniform(*sizes)
    pose = Pose(
        x=WIDTH / 2 + rng.uniform(-1, 1) * max(0.0, WIDTH / 2 - 0.72 * side),
        y=HEIGHT / 2 + rng.uniform(-1, 1) * max(0.0, HEIGHT / 2 - 0.72 * side),
        side=side,
        roll=rng.uniform(-_ROLL, _ROLL),
        tilt=rng.uniform(0.0, tilt),
        axis=rng.uniform(0.0, 2 * np.pi),
    )
    return _finish(put(_empty(index, rng), thing, pose, label), rng)


def _empty(index: int, rng: np.random.Generator) -> Scene:
    return Scene(background(BACKGROUNDS[index % len(BACKGROUNDS)], rng))


def _finish(scene: Scene, rng: np.random.Generator) -> Scene:
    slope = rng.uniform(-_SLOPE, _SLOPE, 2)
    return through_a_lens(scene, rng.uniform(*_BLUR), (float(slope[0]), float(slope[1])))


SUBJECTS = {
    row.name: row
    for row in (
        Subject("qr", "QR codes", "cv2.QRCodeDetector", "decoded", 70, _qr_scene, find_qr),
        Subject("apriltag", "AprilTags 36h11", "cv2.aruco.ArucoDetector", "decoded", 70, _tag_scene, find_tags),
        Subject(
            "face",
            "faces",
            "skimage.feature.Cascade, local binary patterns",
            "found",
            FACES // FACES_A_SCENE,
            _face_scene,
            find_faces,
        ),
    )
}
