"""QR codes and AprilTags as prints."""

from __future__ import annotations

import string

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.results.downstream.scene import Print

# The white around a code belongs to it: four modules of a QR code (ISO/IEC 18004) and one of an AprilTag at the least.
QR_MARGIN = 4
TAG_MARGIN = 2
# DICT_APRILTAG_36h11 has this many.
TAGS = 587
# Reflectance of toner and of paper.
_INK, _PAPER = 0.04, 0.78
# Drawn with this many samples a module, so that a warp keeps the edges.
_SAMPLES = 12
# OpenCV's encoder leaves so much white of its own.
_ENCODER_MARGIN = 2
_LETTERS = string.ascii_uppercase + string.digits


def qr_text(rng: np.random.Generator) -> str:
    """Numbers, a stock number, or an address, in equal shares: 21 to 29 modules wide."""
    word = "".join(rng.choice(list(_LETTERS), 6))
    number = int(rng.integers(10**9, 10**10))
    return str(rng.choice([str(number), f"ITEM {word}-{number}", f"https://example.org/{word.lower()}"]))


def qr_print(text: str) -> Print:
    """The QR code of a text, error correction M."""
    import cv2

    parameters = cv2.QRCodeEncoder.Params()
    parameters.correction_level = cv2.QRCodeEncoder_CORRECT_LEVEL_M
    modules = np.asarray(cv2.QRCodeEncoder.create(parameters).encode(text), np.uint8)
    return _print(np.pad(modules, QR_MARGIN - _ENCODER_MARGIN, constant_values=255), QR_MARGIN)


def tag_print(number: int) -> Print:
    """The AprilTag 36h11 of a number below `TAGS`."""
    import cv2

    family = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    side = family.markerSize + 2
    modules = np.asarray(cv2.aruco.generateImageMarker(family, number, side), np.uint8)
    return _print(np.pad(modules, TAG_MARGIN, constant_values=255), TAG_MARGIN)


def _print(modules: NDArray[np.uint8], margin: int) -> Print:
    samples = np.kron(modules / 255.0, np.ones((_SAMPLES, _SAMPLES)))
    light = _INK + (_PAPER - _INK) * samples
    side = modules.shape[0]
    return Print(np.repeat(light[..., None], 3, axis=2), np.ones(light.shape), side, margin / side)
