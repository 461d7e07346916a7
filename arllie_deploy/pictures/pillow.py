"""JPEG and WebP, 8 bits, through Pillow.

The format classes are used directly: `Image.open` would add a warning of its own on large pictures, and would take a
phone's JPEG with a second picture inside (a preview, a gain map) for an animation.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from arllie_deploy.errors import ArllieError
from arllie_deploy.pictures.codec import Codec, refuse_size, refused_frames, refused_kind
from arllie_deploy.pictures.exif import orientation_of
from arllie_deploy.pictures.orientation import upright_picture, upright_size
from arllie_deploy.pictures.picture import Metadata, Picture

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

_QUALITY = 95
_EXIF_PREFIX = b"Exif\0\0"
_KINDS = {"L": "a grayscale picture", "CMYK": "a CMYK picture"}
_COLOR_MODES = ("RGB", "RGBA")
# A marker segment holds 65533 bytes, of which 29 are the prefix of XMP, the longer of the two prefixes.
_LARGEST_JPEG_BLOCK = 65533 - 29


def _open(data: bytes) -> ImageFile:
    from PIL.Image import DecompressionBombError
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.WebPImagePlugin import WebPImageFile

    kind: type[ImageFile] = WebPImageFile if WEBP.starts(data[:16]) else JpegImageFile
    try:
        return kind(io.BytesIO(data))
    except DecompressionBombError:
        raise ArllieError("more pixels than are read from WebP; convert it to PNG or TIFF first") from None


def _exif_of(image: ImageFile) -> bytes | None:
    exif = image.info.get("exif")
    return exif.removeprefix(_EXIF_PREFIX) if isinstance(exif, bytes) else None


def _size(data: bytes) -> tuple[int, int]:
    with _open(data) as image:
        return upright_size(*image.size, orientation_of(_exif_of(image)) or 1)


def _decode(data: bytes) -> Picture:
    with _open(data) as image:
        refuse_size(*image.size)
        if image.mode not in _COLOR_MODES:
            raise refused_kind(_KINDS.get(image.mode, f"a picture of the kind {image.mode}"))
        frames = getattr(image, "n_frames", 1)
        if frames > 1:
            raise refused_frames(frames)
        metadata = Metadata(
            icc=image.info.get("icc_profile"),
            exif=_exif_of(image),
            xmp=image.info.get("xmp"),
            dpi=_dpi_of(image),
        )
        samples = np.asarray(image)
    alpha = samples[:, :, 3] if samples.shape[2] == 4 else None
    return upright_picture(Picture(samples[:, :, :3], alpha, metadata))


def _dpi_of(image: ImageFile) -> tuple[float, float] | None:
    dpi = image.info.get("dpi")
    return (float(dpi[0]), float(dpi[1])) if dpi and all(0 < value < 65536 for value in dpi) else None


def _encode_jpeg(picture: Picture) -> bytes:
    from PIL.Image import fromarray

    options = _metadata_options(picture.metadata)
    if picture.metadata.dpi is not None:
        options["dpi"] = tuple(min(max(round(value), 1), 65535) for value in picture.metadata.dpi)
    # Color at full resolution: halving it would blur what the model has computed for each pixel.
    return _saved(fromarray(picture.pixels), format="JPEG", quality=_QUALITY, subsampling=0, **options)


def _encode_webp(picture: Picture) -> bytes:
    from PIL.Image import fromarray

    samples = picture.pixels if picture.alpha is None else np.dstack((picture.pixels, picture.alpha))
    return _saved(fromarray(samples), format="WEBP", quality=_QUALITY, **_metadata_options(picture.metadata))


def _metadata_options(metadata: Metadata) -> dict[str, Any]:
    # Pillow takes an empty block for none; an absent keyword would do as well, but not for every format.
    return {
        "icc_profile": metadata.icc or b"",
        "exif": _EXIF_PREFIX + metadata.exif if metadata.exif else b"",
        "xmp": metadata.xmp or b"",
    }


def _saved(image: Image, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, **options)
    return stream.getvalue()


JPEG = Codec(
    name="JPEG",
    suffixes=(".jpg", ".jpeg"),
    starts=lambda first: first.startswith(b"\xff\xd8\xff"),
    size=_size,
    decode=_decode,
    encode=_encode_jpeg,
    dtypes=frozenset((np.dtype(np.uint8),)),
    alpha=False,
    longest_side=65500,  # libjpeg's own limit
    largest_block=_LARGEST_JPEG_BLOCK,
)
WEBP = Codec(
    name="WebP",
    suffixes=(".webp",),
    starts=lambda first: first[:4] == b"RIFF" and first[8:12] == b"WEBP",
    size=_size,
    decode=_decode,
    encode=_encode_webp,
    dtypes=frozenset((np.dtype(np.uint8),)),
    alpha=True,
    longest_side=16383,
)
