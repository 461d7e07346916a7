"""The Zurich RAW-to-RGB data set: mosaics of a telephone and aligned pictures of a camera, 448×448 pixels.

Ignatov, Van Gool, Timofte, "Replacing Mobile Camera ISP with a Single Deep Learning Model", CVPR Workshops 2020. Its
tree is {train,test}/{huawei_raw,canon}, its mosaics are PNG files of one channel with 16 bits, of which 10 are used. As
github.com/aiff22/PyNET-PyTorch reads them: RGGB, no black level, white at 4·255.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.pictures import png_chunks
from arllie_deploy.pictures.codec import damaged
from arllie_deploy.pictures.codecs import read_picture
from arllie_deploy.pictures.folder import find_folder
from arllie_deploy.pictures.layouts.base import SPLITS
from arllie_deploy.pictures.pairs import Pair, match_pairs, refuse_other_sizes
from arllie_deploy.raw.frame import RawFrame

PATTERN = "RGGB"
WHITE = 4.0 * 255.0
_MOST = 1023
_GRAY = 0
_TREE = "{train,test}/{huawei_raw,canon}"


def zurich_pairs(folder: Path, split: str) -> tuple[Pair, ...]:
    """The pairs of a split in natural order: `low` is the mosaic, `high` the picture.

    Args:
        folder: the data set's root.
        split: "train" or "test".

    Raises:
        ArllieError: if the folder is not laid out so, a file has no partner, or one has another size than its partner.
    """
    if split not in SPLITS:
        raise ArllieError(f"unknown split {split!r}; known: {', '.join(SPLITS)}")
    mosaics, pictures = (find_folder(folder, f"{split}/{side}") for side in ("huawei_raw", "canon"))
    if mosaics is None or pictures is None:
        raise ArllieError(f"{folder}: no {split} part of the Zurich data set in it; its tree is {_TREE}")
    pairs = match_pairs(mosaics, pictures)
    refuse_other_sizes(pairs)
    return pairs


def read_pair(pair: Pair) -> tuple[RawFrame, NDArray[Any]]:
    """Mosaic and picture (height, width, 3) uint8.

    Raises:
        ArllieError: if one of them cannot be read.
    """
    return read_mosaic(pair.low), read_picture(pair.high).pixels


def read_mosaic(path: Path) -> RawFrame:
    """One mosaic; the set has no white balance and no color matrix: they are what a network has to learn.

    Raises:
        ArllieError: if it cannot be read, is no PNG file of one channel with 16 bits, or has values above 1023.
    """
    try:
        return RawFrame(_samples(path.read_bytes()), PATTERN, WHITE)
    except OSError as error:
        raise ArllieError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from None
    except ArllieError as error:
        raise ArllieError(f"{path}: {error}") from None


def _samples(data: bytes) -> NDArray[np.uint16]:
    import imagecodecs

    if not data.startswith(png_chunks.SIGNATURE):
        raise ArllieError("no PNG file; the mosaics of the Zurich data set are")
    header = png_chunks.read_header(data)
    if header.color_type != _GRAY or header.bits != 16:
        raise ArllieError("no mosaic of the Zurich data set, which has one channel with 16 bits")
    try:
        mosaic: NDArray[np.uint16] = imagecodecs.png_decode(data)
    except (imagecodecs.PngError, ValueError) as error:
        raise damaged(" ".join(str(error).split())) from None
    if int(mosaic.max()) > _MOST:
        raise ArllieError(f"a value of {int(mosaic.max())} is more than 10 bits hold; it is no mosaic of the data set")
    return mosaic
