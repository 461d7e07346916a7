"""The table of picture formats: one row each; the file's first bytes choose the row to read with, not its name."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from arllie_deploy.atomic import write_bytes
from arllie_deploy.errors import ArllieError
from arllie_deploy.pictures.codec import Codec, damaged
from arllie_deploy.pictures.picture import Picture
from arllie_deploy.pictures.pillow import JPEG, WEBP
from arllie_deploy.pictures.png import PNG
from arllie_deploy.pictures.tiff import TIFF

_T = TypeVar("_T")

CODECS = (PNG, JPEG, WEBP, TIFF)
_BY_SUFFIX = {suffix: codec for codec in CODECS for suffix in codec.suffixes}
PICTURE_SUFFIXES = tuple(_BY_SUFFIX)

# The most pixels, RGBA with 16 bits, uncompressed, and as much again for metadata.
_LARGEST_BYTES = 1 << 32


def read_picture(path: Path) -> Picture:
    """Read a PNG, JPEG, WebP or TIFF file.

    Args:
        path: the file; its content decides the format, not its name.

    Returns:
        The picture, turned upright by its orientation tag.

    Raises:
        ArllieError: if it cannot be read or is no picture, is damaged or cut off, is not RGB with 8 or 16 bits, has
            several frames, has one pixel, or has more than 16384² pixels; checked before pixels are decoded.
    """
    return _read(path, lambda codec, data: codec.decode(data))


def picture_size(path: Path) -> tuple[int, int]:
    """(width, height) of the upright picture in a file, without decoding its pixels.

    Raises:
        ArllieError: if it cannot be read, is no picture, or has no whole header.
    """
    return _read(path, lambda codec, data: codec.size(data))


def write_picture(path: Path, picture: Picture) -> None:
    """Write `picture` in one step, in the format that the suffix of `path` names, replacing a file of that name.

    JPEG and WebP are written with quality 95, PNG and TIFF without loss.

    Raises:
        ArllieError: on an unknown suffix, or if the format cannot hold the picture.
        OSError: if the file cannot be written; it names `path`.
    """
    refuse_unwritable(path, picture)
    data = codec_of(path).encode(picture)
    try:
        write_bytes(path, data)
    except OSError as error:
        # Not the temporary name, which means nothing to the user.
        raise OSError(error.errno, error.strerror, str(path)) from None


def refuse_unwritable(path: Path, picture: Picture) -> None:
    """Raise `ArllieError` if the format that the suffix of `path` names cannot hold `picture`."""
    codec = codec_of(path)
    try:
        codec.refuse(picture)
    except ArllieError as error:
        raise ArllieError(f"{path}: {error}") from None


def codec_of(path: Path) -> Codec:
    """The format that the suffix of `path` names.

    Raises:
        ArllieError: on an unknown suffix, with the nearest known one.
    """
    suffix = path.suffix.lower()
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    near = get_close_matches(suffix, PICTURE_SUFFIXES, 1, 0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    shown = f"unknown picture suffix {suffix!r}" if suffix else "a picture's name needs a suffix"
    raise ArllieError(f"{path}: {shown}; {hint}known: {', '.join(PICTURE_SUFFIXES)}")


def _read(path: Path, use: Callable[[Codec, bytes], _T]) -> _T:
    codec, data = _open(path)
    try:
        with warnings.catch_warnings():
            # The decoders warn of metadata that they cannot read; they are carried as they are.
            warnings.simplefilter("ignore")
            return use(codec, data)
    except Exception as error:
        raise _explained(path, error) from None


def _open(path: Path) -> tuple[Codec, bytes]:
    try:
        if path.is_dir():
            raise ArllieError(f"{path}: a folder, not a picture; name a file in it")
        if not path.is_file():
            raise ArllieError(f"{path}: no such file")
        with path.open("rb") as file:
            codec = _recognize(path, file.read(16))
            if path.stat().st_size > _LARGEST_BYTES:
                raise ArllieError(f"{path}: larger than {_LARGEST_BYTES >> 30} GiB; scale it or cut it first")
            file.seek(0)
            return codec, file.read()
    except OSError as error:
        raise ArllieError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from None


def _recognize(path: Path, first: bytes) -> Codec:
    if not first:
        raise ArllieError(f"{path}: the file is empty; copy it again from its source")
    for codec in CODECS:
        if codec.starts(first):
            return codec
    raise ArllieError(f"{path}: not a picture that is read here; convert it to PNG, JPEG, WebP or TIFF first")


def _explained(path: Path, error: Exception) -> ArllieError:
    # On a damaged file the decoders raise many types: OSError, SyntaxError, struct.error, their own.
    if isinstance(error, MemoryError):
        return ArllieError(f"{path}: needs more memory than there is; close other programs or scale it first")
    if not isinstance(error, ArllieError):
        error = damaged(" ".join(str(error).split()) or type(error).__name__)
    return ArllieError(f"{path}: {error}")
