"""The detectors, each with what it finds in a frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.results.downstream.scene import Box, Target

Frame = NDArray[np.uint8]
Find = Callable[[Frame], list[Target]]

FACE = "face"
# Half is usual (Everingham et al., IJCV 2010), but the cascade's window is tighter than the crop.
LEAST_OVERLAP = 0.3
_QR_SCALE = 2


@dataclass(frozen=True)
class Outcome:
    """Which of a scene's targets were found, in their order, and how many findings were none of them."""

    found: tuple[bool, ...]
    false: int


def compare(targets: Sequence[Target], findings: Sequence[Target]) -> Outcome:
    """A target is found if some finding has its label and overlaps it by `LEAST_OVERLAP`; what fits none is false."""
    found = tuple(any(_fits(target, finding) for finding in findings) for target in targets)
    false = sum(not any(_fits(target, finding) for target in targets) for finding in findings)
    return Outcome(found, false)


def find_qr(frame: Frame) -> list[Target]:
    """The QR code that OpenCV decodes, at most one; one that is seen but not read is none.

    It sees the frame enlarged, which small codes need: in good light it then misses 2 % of the study's codes, not 5 %.
    """
    import cv2

    larger = cv2.resize(_bgr(frame), None, fx=_QR_SCALE, fy=_QR_SCALE, interpolation=cv2.INTER_LINEAR)
    # Not detectAndDecodeMulti, whose clustering raises cv2.error on dark frames that this one reads (OpenCV 5.0.0).
    text, corners, _ = cv2.QRCodeDetector().detectAndDecode(larger)
    return [Target(text, Box.around(np.asarray(corners).reshape(4, 2) / _QR_SCALE))] if text else []


def find_tags(frame: Frame) -> list[Target]:
    """The AprilTags 36h11 that OpenCV decodes."""
    corners, numbers, _ = _tag_detector().detectMarkers(_bgr(frame))
    if numbers is None:
        return []
    return [Target(str(int(n)), Box.around(quad[0])) for n, quad in zip(numbers.ravel(), corners, strict=True)]


def find_faces(frame: Frame) -> list[Target]:
    """The frontal faces that scikit-image's cascade of local binary patterns finds."""
    found = _cascade().detect_multi_scale(
        img=frame, scale_factor=1.15, step_ratio=1, min_size=(28, 28), max_size=(72, 72)
    )
    return [Target(FACE, Box(f["c"], f["r"], f["c"] + f["width"], f["r"] + f["height"])) for f in found]


def _fits(target: Target, finding: Target) -> bool:
    return target.label == finding.label and target.box.overlap(finding.box) >= LEAST_OVERLAP


def _bgr(frame: Frame) -> Frame:
    return np.ascontiguousarray(frame[..., ::-1])


@cache
def _tag_detector() -> Any:
    import cv2

    return cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11))


@cache
def _cascade() -> Any:
    import skimage.data
    from skimage.feature import Cascade

    return Cascade(skimage.data.lbp_frontal_face_cascade_filename())
