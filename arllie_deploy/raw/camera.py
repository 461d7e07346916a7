"""DNG and the raw files of cameras, through rawpy (LibRaw)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.raw.exposure import refuse_blank
from arllie_deploy.raw.frame import PATTERNS, Gains, Levels, Matrix, RawFrame
from arllie_deploy.raw.matrix import as_matrix, camera_to_srgb
from arllie_deploy.raw.white_balance import gray_world
from arllie_deploy.silence import STDERR, silenced

if TYPE_CHECKING:
    from rawpy import RawPy

_ENDINGS = "dng 3fr arw cr2 cr3 crw dcr erf fff iiq kdc mef mos mrw nef nrw orf pef raf rw2 rwl sr2 srf srw x3f"
#: What the raw files of cameras are called, lower case.
CAMERA_SUFFIXES = tuple(f".{ending}" for ending in _ENDINGS.split())

# LibRaw's turns, which are dcraw's, as EXIF 2.32 numbers orientations.
_ORIENTATIONS = {0: 1, 3: 3, 5: 8, 6: 6}
# The first row of a cell of the mosaic, then the second.
_SITES = ((0, 0), (0, 1), (1, 0), (1, 1))
# The parameters of the sRGB curve as LibRaw takes them (IEC 61966-2-1:1999).
_SRGB_CURVE = (2.4, 12.92)


def is_camera_file(path: Path) -> bool:
    """Whether a file is named like a raw file of a camera."""
    return path.suffix.lower() in CAMERA_SUFFIXES


def read_camera(path: Path) -> RawFrame:
    """The mosaic of a camera file, within its visible area, with what the file says of the camera.

    An odd last row or column is left out. The white balance is that of the shot, or else of daylight, or else that of
    `gray_world`.

    Raises:
        UnavailableError: if rawpy is not installed.
        ArllieError: if the file cannot be read, is cut off, is of a kind that LibRaw does not know, is no Bayer mosaic
            of red, green and blue (X-Trans, Foveon, linear DNG), or is black or saturated all over.
    """
    with _opened(path) as raw:
        pattern, sites = _pattern(raw)
        height, width = (size // 2 * 2 for size in raw.raw_image_visible.shape)
        frame = RawFrame(
            mosaic=np.array(raw.raw_image_visible[:height, :width], np.uint16),
            pattern=pattern,
            white=float(raw.white_level),
            black=_black(raw, pattern, sites),
            color_matrix=_color_matrix(raw),
            orientation=_ORIENTATIONS.get(raw.sizes.flip, 1),
        )
        refuse_blank(frame)
        return replace(frame, white_balance=_white_balance(raw) or gray_world(frame))


def develop_with_libraw(path: Path, dtype: DTypeLike = np.uint8) -> NDArray[Any]:
    """A camera file as LibRaw develops it: AHD demosaicing, the shot's white balance, sRGB, no automatic brightness.

    Args:
        path: the file.
        dtype: uint8 or uint16.

    Returns:
        (height, width, 3), upright.

    Raises:
        ArllieError: as `read_camera`, but for what is no Bayer mosaic: LibRaw develops that too.
    """
    with _opened(path) as raw:
        bits = 8 * np.dtype(dtype).itemsize
        # LibRaw would take the brightest pixel for white where that lies in the upper quarter.
        picture: NDArray[Any] = raw.postprocess(
            use_camera_wb=True, no_auto_bright=True, adjust_maximum_thr=0.0, gamma=_SRGB_CURVE, output_bps=bits
        )
        return picture


@contextmanager
def _opened(path: Path) -> Iterator[RawPy]:
    try:
        import rawpy
    except ImportError:
        raise UnavailableError(
            f'{path}: camera files are read with rawpy, which is not installed: pip install "arllie-deploy[raw]"'
        ) from None
    if path.is_dir():
        raise ArllieError(f"{path}: a folder, not a camera file; name a file in it")
    if not path.is_file():
        raise ArllieError(f"{path}: no such file")
    try:
        # LibRaw prints what is wrong with a file; that is said here.
        with silenced(STDERR), path.open("rb") as file, rawpy.imread(file) as raw:
            raw.unpack()
            yield raw
    except OSError as error:
        raise ArllieError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from None
    except rawpy.LibRawFileUnsupportedError:
        raise ArllieError(f"{path}: no camera file that LibRaw {_version()} knows; convert it to DNG first") from None
    except (rawpy.LibRawIOError, rawpy.LibRawDataError):
        raise ArllieError(f"{path}: the file is damaged or cut off; copy it again from the camera") from None
    except (rawpy.LibRawError, rawpy.NotSupportedError) as error:
        raise ArllieError(f"{path}: LibRaw cannot read it ({_text(error)})") from None
    except ArllieError as error:
        raise ArllieError(f"{path}: {error}") from None


def _version() -> str:
    import rawpy

    return ".".join(map(str, rawpy.libraw_version))


def _text(error: Exception) -> str:
    detail = error.args[0] if error.args else type(error).__name__
    return detail.decode(errors="replace") if isinstance(detail, bytes) else str(detail)


def _pattern(raw: RawPy) -> tuple[str, list[int]]:
    """The order of the filters from the first visible pixel on, and LibRaw's number of the channel at each site."""
    found = raw.raw_pattern
    if found is None:
        raise ArllieError("three values a pixel, no mosaic (Foveon, linear DNG or reduced raw); Bayer frames are read")
    if found.shape == (6, 6):
        raise ArllieError("an X-Trans mosaic of 6×6 pixels is not supported; Bayer frames are read")
    if found.shape == (1, 1):
        raise ArllieError("a monochrome sensor has no colors; Bayer frames are read")
    names = raw.color_desc.decode()
    sites = [int(raw.raw_colors_visible[row, column]) for row, column in _SITES]
    pattern = "".join(names[site] for site in sites)
    if found.shape != (2, 2) or pattern not in PATTERNS:
        rows, columns = found.shape
        raise ArllieError(f"a mosaic of {rows}×{columns} pixels of {names} is not supported; Bayer frames are read")
    return pattern, sites


def _black(raw: RawPy, pattern: str, sites: list[int]) -> Levels:
    levels = [float(raw.black_level_per_channel[site]) for site in sites]
    red, blue = pattern.index("R"), pattern.index("B")
    # With the last bit of its number turned, a site is the other one of its row.
    return levels[red], levels[red ^ 1], levels[blue ^ 1], levels[blue]


def _white_balance(raw: RawPy) -> Gains | None:
    shot, daylight = raw.camera_whitebalance[:3], raw.daylight_whitebalance[:3]
    # Ones are what LibRaw gives for daylight where it knows nothing.
    for red, green, blue in (shot, daylight) if max(daylight) != min(daylight) else (shot,):
        if min(red, green, blue) > 0.0:
            return red / green, 1.0, blue / green
    return None


def _color_matrix(raw: RawPy) -> Matrix | None:
    from_xyz = np.asarray(raw.rgb_xyz_matrix, np.float64)[:3]
    if from_xyz.any():
        return camera_to_srgb(from_xyz)
    # Made by LibRaw from what a DNG file holds.
    from_camera = np.asarray(raw.color_matrix, np.float64)[:, :3]
    return as_matrix(from_camera) if from_camera.any() else None
