"""Seeded pictures, metadata blocks, and files in the formats' odder variants, for tests."""

import io
import struct
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from PIL import Image, ImageCms

XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    b' xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="%d"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
TAKEN = "2024:01:31 22:15:00"
LATITUDE = (52.0, 30.0, 15.5)


def random_pixels(height: int, width: int, dtype: DTypeLike = np.uint8, seed: int = 0) -> NDArray[Any]:
    """(height, width, 3) of noise over the whole range of `dtype`."""
    top = int(np.iinfo(dtype).max)
    return np.random.default_rng(seed).integers(0, top, (height, width, 3), dtype, endpoint=True)


def smooth_pixels(height: int, width: int) -> NDArray[np.uint8]:
    """(height, width, 3) that lossy formats keep to a few levels; its four corners differ."""
    y, x = np.mgrid[0:height, 0:width]
    channels = (200 * y / height, 200 * x / width, 30 + 60 * x / width + 60 * y / height)
    return np.stack(channels, axis=2).astype(np.uint8)


@cache
def icc_profile() -> bytes:
    """A real profile, made once: it holds the time at which it is made."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def exif_block(orientation: int = 1, order: str = "<", size: tuple[int, int] = (40, 30)) -> bytes:
    """As a camera writes it: make, orientation, date, pixel size, a maker note and a place. With "Exif" in front."""
    exif = Image.Exif()
    exif.endian = order
    exif[0x010F] = "Lamp"
    exif[0x0110] = "Lamp 3"
    exif[0x0112] = orientation
    exif[0x0131] = "firmware 1"
    exif[0x8298] = "(c) nobody"
    exif.get_ifd(0x8769).update({0x9003: TAKEN, 0x927C: b"maker note", 0xA002: size[0], 0xA003: size[1]})
    exif.get_ifd(0x8825).update({1: "N", 2: LATITUDE})
    return exif.tobytes()


def xmp_packet(orientation: int = 1) -> bytes:
    """A packet that gives the orientation as an attribute."""
    return XMP % orientation


def save(path: Path, pixels: NDArray[Any], **options: Any) -> Path:
    """Write 8-bit samples through Pillow, without loss where the format can."""
    lossless = {".webp": {"lossless": True, "exact": True}, ".jpg": {"quality": 95, "subsampling": 0}}
    Image.fromarray(pixels).save(path, **lossless.get(path.suffix, {}), **options)
    return path


def encoded(pixels: NDArray[Any], kind: str, **options: Any) -> bytes:
    """8-bit samples as a file's bytes."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind, **options)
    return stream.getvalue()


def png(
    width: int, height: int, bits: int, color_type: int, rows: bytes, *, interlace: int = 0, more: bytes = b""
) -> bytes:
    """A PNG made by hand; `rows` already have their filter bytes, `more` are whole chunks before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, bits, color_type, 0, 0, interlace)
    chunks = png_chunk(b"IHDR", header) + more + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def png_chunk(name: bytes, content: bytes) -> bytes:
    """One chunk with its length and checksum."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
