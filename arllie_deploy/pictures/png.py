"""PNG with 8 or 16 bits: pixels through imagecodecs (libpng), metadata as chunks of our own, which it does not know."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.pictures import png_chunks
from arllie_deploy.pictures.codec import Codec, damaged, refuse_size, refused_frames, refused_kind
from arllie_deploy.pictures.exif import orientation_of
from arllie_deploy.pictures.orientation import upright_picture, upright_size
from arllie_deploy.pictures.picture import Metadata, Picture

# From 3 to 6 the encoder takes up to five times as long for 2 to 5 % fewer bytes.
_COMPRESSION = 3
_KINDS = {0: "a grayscale picture", 3: "a palette picture", 4: "a grayscale picture"}
_RGB, _RGBA = 2, 6


def _size(data: bytes) -> tuple[int, int]:
    header = png_chunks.read_header(data)
    exif = next((bytes(content) for name, content in png_chunks.chunks(data) if name == b"eXIf"), None)
    return upright_size(header.width, header.height, orientation_of(exif) or 1)


def _decode(data: bytes) -> Picture:
    header = png_chunks.read_header(data)
    refuse_size(header.width, header.height)
    if header.color_type in _KINDS:
        raise refused_kind(_KINDS[header.color_type])
    if header.color_type not in (_RGB, _RGBA) or header.bits not in (8, 16):
        raise damaged(f"color type {header.color_type} with {header.bits} bits")
    pixels_only = [data[:8]]
    others: dict[bytes, list[bytes]] = {}
    for name, content in png_chunks.chunks(data):
        if name in (b"IHDR", b"IDAT", b"IEND"):
            pixels_only.append(png_chunks.chunk(name, content))
        else:
            others.setdefault(name, []).append(bytes(content))
    frames = int.from_bytes(others[b"acTL"][0][:4], "big") if b"acTL" in others else 1
    if frames > 1:
        raise refused_frames(frames)
    if not any(part[4:8] == b"IDAT" for part in pixels_only):
        raise damaged("no pixels")
    # libpng gets the pixels alone: on a metadata chunk that it finds odd it prints to stderr.
    pixels, alpha = _decode_pixels(b"".join(pixels_only), others.get(b"tRNS"))
    return upright_picture(Picture(pixels, alpha, _metadata(others)))


def _decode_pixels(png: bytes, transparent: list[bytes] | None) -> tuple[NDArray[Any], NDArray[Any] | None]:
    import imagecodecs

    samples: NDArray[Any] = imagecodecs.png_decode(png)
    if samples.shape[2] == 4:
        return samples[:, :, :3], samples[:, :, 3]
    if transparent is None:
        return samples, None
    # One color stands for transparent; enhanced pixels no longer equal it, so it becomes an alpha channel.
    key = np.frombuffer(transparent[0], ">u2", 3)
    opaque = (samples != key).any(axis=2)
    return samples, opaque.astype(samples.dtype) * np.iinfo(samples.dtype).max


def _metadata(others: dict[bytes, list[bytes]]) -> Metadata:
    icc, exif, dpi = (others.get(name, [None])[0] for name in (b"iCCP", b"eXIf", b"pHYs"))
    return Metadata(
        icc=png_chunks.icc_of(icc) if icc else None,
        exif=exif,
        xmp=next(filter(None, map(png_chunks.xmp_of, others.get(b"iTXt", []))), None),
        dpi=png_chunks.dpi_of(dpi) if dpi else None,
    )


def _encode(picture: Picture) -> bytes:
    import imagecodecs

    samples = picture.pixels if picture.alpha is None else np.dstack((picture.pixels, picture.alpha))
    png = imagecodecs.png_encode(np.ascontiguousarray(samples), level=_COMPRESSION)
    metadata = picture.metadata
    new = []
    if metadata.icc is not None:
        new.append(png_chunks.icc_chunk(metadata.icc))
    if metadata.dpi is not None:
        new.append(png_chunks.dpi_chunk(metadata.dpi))
    if metadata.exif is not None:
        new.append(png_chunks.chunk(b"eXIf", metadata.exif))
    if metadata.xmp is not None:
        new.append(png_chunks.xmp_chunk(metadata.xmp))
    return png_chunks.insert(png, new)


PNG = Codec(
    name="PNG",
    suffixes=(".png",),
    starts=lambda first: first.startswith(png_chunks.SIGNATURE),
    size=_size,
    decode=_decode,
    encode=_encode,
    dtypes=frozenset((np.dtype(np.uint8), np.dtype(np.uint16))),
    alpha=True,
    longest_side=1_000_000,  # libpng's own limit
)
