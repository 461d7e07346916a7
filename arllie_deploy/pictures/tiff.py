"""TIFF with 8 or 16 bits through tifffile; its text tags travel in the EXIF block, where other formats keep them."""

from __future__ import annotations

import io
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.pictures.codec import Codec, damaged, refuse_size, refused_frames, refused_kind
from arllie_deploy.pictures.exif import Exif, Ifd, attach, parse_exif
from arllie_deploy.pictures.orientation import upright_picture, upright_size
from arllie_deploy.pictures.picture import Metadata, Picture

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

# tifffile logs what it finds odd; without a handler of its own that would land on stderr, beside our one line.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_IMAGE_DESCRIPTION = 270
# ImageDescription, Make, Model, Software, DateTime, Artist, Copyright
_TEXT_TAGS = (_IMAGE_DESCRIPTION, 271, 272, 305, 306, 315, 33432)
_XMP, _ORIENTATION, _RESOLUTION_UNIT = 700, 274, 296
_INCHES = {2: 1.0, 3: 2.54}
_RGB, _YCBCR = 2, 6
_KINDS = {
    0: "a grayscale picture",
    1: "a grayscale picture",
    3: "a palette picture",
    4: "a mask",
    5: "a CMYK picture",
    _YCBCR: "a YCbCr picture",
    8: "a CIELAB picture",
}
_UNSIGNED = 1
_ASSOCIATED = 1


def _open(data: bytes) -> TiffFile:
    from tifffile import TiffFile

    return TiffFile(io.BytesIO(data))


def _size(data: bytes) -> tuple[int, int]:
    with _open(data) as file:
        page = _page(file)
        return upright_size(page.imagewidth, page.imagelength, _orientation(page))


def _page(file: TiffFile) -> TiffPage:
    # Pages marked as reduced are previews of the first.
    count = len([page for page in file.pages if not getattr(page, "is_reduced", False)])
    if count > 1:
        raise refused_frames(count)
    return file.pages.first


def _orientation(page: TiffPage) -> int:
    value = page.tags.valueof(_ORIENTATION, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _decode(data: bytes) -> Picture:
    with _open(data) as file:
        page = _page(file)
        refuse_size(page.imagewidth, page.imagelength)
        _refuse_samples(page)
        _refuse_cut(page, len(data))
        samples: NDArray[Any] = page.asarray()
        if page.axes == "SYX":
            samples = np.moveaxis(samples, 0, 2)
        stored = Picture(samples[:, :, :3], samples[:, :, 3] if samples.shape[2] == 4 else None, _metadata(page, data))
        return upright_picture(stored, _orientation(page))


def _refuse_samples(page: TiffPage) -> None:
    jpeg_inside = page.compression == 7 and page.photometric == _YCBCR
    if page.photometric != _RGB and not jpeg_inside:
        raise refused_kind(_KINDS.get(int(page.photometric), f"a picture of photometric kind {int(page.photometric)}"))
    if page.sampleformat != _UNSIGNED or page.bitspersample not in (8, 16):
        kinds = {2: "signed integer", 3: "floating-point"}
        raise refused_kind(f"{page.bitspersample}-bit {kinds.get(int(page.sampleformat), 'integer')} samples")
    if page.samplesperpixel not in (3, 4) or page.imagedepth != 1:
        raise refused_kind(f"{page.samplesperpixel} channels")
    if _ASSOCIATED in page.extrasamples:
        raise refused_kind("colors multiplied by alpha (associated alpha)")


def _refuse_cut(page: TiffPage, length: int) -> None:
    # tifffile makes a part of no bytes black.
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        if count == 0 or offset + count > length:
            raise damaged(f"it ends in the middle after {length} bytes")


def _metadata(page: TiffPage, data: bytes) -> Metadata:
    xmp = page.tags.valueof(_XMP)
    return Metadata(icc=page.iccprofile, exif=_exif(data), xmp=xmp if isinstance(xmp, bytes) else None, dpi=_dpi(page))


def _exif(data: bytes) -> bytes | None:
    file = parse_exif(data)
    if file is None:
        return None
    text = _text(file.main)
    # The description that tifffile itself writes gives the shape as it was before the picture was turned.
    if text.get(_IMAGE_DESCRIPTION) and text[_IMAGE_DESCRIPTION].raw.startswith(b'{"shape":'):
        del text[_IMAGE_DESCRIPTION]
    return replace(file, main=text).to_bytes() if text or file.exif or file.gps else None


def _text(main: Ifd) -> dict[int, Any]:
    return {tag: main[tag] for tag in _TEXT_TAGS if tag in main}


def _dpi(page: TiffPage) -> tuple[float, float] | None:
    inches = _INCHES.get(int(page.tags.valueof(_RESOLUTION_UNIT, 2)))
    values = [page.tags.valueof(tag) for tag in (282, 283)]
    if inches is None or not all(isinstance(value, tuple) and len(value) == 2 and all(value) for value in values):
        return None
    x, y = (numerator / denominator * inches for numerator, denominator in values)
    return x, y


def _encode(picture: Picture) -> bytes:
    from tifffile import TiffWriter

    metadata = picture.metadata
    exif = (parse_exif(metadata.exif) if metadata.exif else None) or Exif("<")
    samples = picture.pixels if picture.alpha is None else np.dstack((picture.pixels, picture.alpha))
    stream = io.BytesIO()
    with TiffWriter(stream, bigtiff=False, byteorder=exif.order) as writer:
        writer.write(
            samples,
            photometric="rgb",
            extrasamples=None if picture.alpha is None else ["unassalpha"],
            compression="adobe_deflate",
            predictor=True,
            metadata=None,
            software=False,
            iccprofile=metadata.icc,
            resolution=metadata.dpi or (1, 1),
            resolutionunit="INCH" if metadata.dpi else "NONE",
            extratags=[(_XMP, 1, len(metadata.xmp), metadata.xmp, True)] if metadata.xmp else [],
        )
    return attach(stream.getvalue(), _text(exif.main), exif)


TIFF = Codec(
    name="TIFF",
    suffixes=(".tiff", ".tif"),
    starts=lambda first: first[:4] in _SIGNATURES,
    size=_size,
    decode=_decode,
    encode=_encode,
    dtypes=frozenset((np.dtype(np.uint8), np.dtype(np.uint16))),
    alpha=True,
    longest_side=2**31 - 1,
)
