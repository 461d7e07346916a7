"""The mask of a picture that is to be filled: a picture of the same sides, white where."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.pictures.picture import Picture

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF")
# Pillow's modes of one channel of 16 bits begin so.
_WIDE = "I"
_HALF, _WIDE_HALF = 1 << 7, 1 << 15


def with_mask(picture: Picture, path: Path) -> NDArray[Any]:
    """The pixels of a picture and, as their fourth channel, its mask: 0, or the largest integer where it is filled.

    Args:
        picture: as it was read, upright.
        path: of the mask.

    Raises:
        ArllieError: as `read_mask`.
    """
    dtype = picture.pixels.dtype
    mask = read_mask(path, picture.size).astype(dtype) * dtype.type(np.iinfo(dtype).max)
    return np.dstack((picture.pixels, mask))


def read_mask(path: Path, size: tuple[int, int]) -> NDArray[np.bool_]:
    """(height, width): where the mask is at least half as bright as white.

    Args:
        path: of one channel or of RGB, whose luma counts; with transparency, which does not.
        size: (width, height) of the picture.

    Raises:
        ArllieError: if it cannot be read, has other sides, is black everywhere or white everywhere.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mask = _read(path, size)
    except OSError as error:
        reason = error.strerror or "it is no picture of 8 bits per channel, or damaged; save it as a PNG"
        raise ArllieError(f"{path}: the mask cannot be read ({reason})") from None
    if not mask.any():
        raise ArllieError(f"{path}: the mask is empty: nothing in it is white, so there is nothing to fill")
    if mask.all():
        raise ArllieError(f"{path}: the mask is white everywhere; black is what stays, and something has to")
    return mask


def _read(path: Path, size: tuple[int, int]) -> NDArray[np.bool_]:
    from PIL import Image, ImageOps

    try:
        with Image.open(path, formats=_FORMATS) as stored:
            image = ImageOps.exif_transpose(stored)
            if image.size != size:
                shown, wanted = ("×".join(map(str, sides)) for sides in (image.size, size))
                raise ArllieError(f"{path}: the mask is {shown} and the picture {wanted}; give one of the same size")
            return _white(image)
    except Image.DecompressionBombError:
        raise ArllieError(f"{path}: the mask has more pixels than are read of one") from None
    except (ValueError, SyntaxError) as error:
        raise ArllieError(f"{path}: the mask is damaged ({error}); save it as a PNG again") from None


def _white(image: Image) -> NDArray[np.bool_]:
    if image.mode.startswith(_WIDE):
        return np.asarray(image) >= _WIDE_HALF
    return np.asarray(image.convert("L")) >= _HALF
