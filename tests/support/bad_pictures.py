"""Files that are refused: case -> (suffix, how to make it, what the one line says)."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image
from support.picture_files import encoded, png, png_chunk, random_pixels

Maker = Callable[[Path], object]

_PIXELS = random_pixels(30, 40)
_CONVERT = "convert it to RGB with 8 or 16 bits per channel first"
_DAMAGED = "copy it again from its source"
_MANY = "scale or cut it first"


def _bytes(data: bytes) -> Maker:
    return lambda path: path.write_bytes(data)


def _mode(mode: str, kind: str) -> Maker:
    return lambda path: Image.fromarray(_PIXELS).convert(mode).save(path, kind)


def _cut(kind: str, keep: float) -> Maker:
    data = encoded(_PIXELS, kind)
    return _bytes(data[: int(len(data) * keep)])


def _tiff(samples: np.ndarray, photometric: str = "rgb", **options: object) -> Maker:
    return lambda path: tifffile.imwrite(path, samples, photometric=photometric, **options)


def _animated(kind: str) -> Maker:
    frames = [Image.fromarray(random_pixels(30, 40, seed=seed)) for seed in range(3)]
    return lambda path: frames[0].save(path, kind, save_all=True, append_images=frames[1:])


def _resized_jpeg(side: int) -> bytes:
    data = bytearray(encoded(_PIXELS, "JPEG"))
    struct.pack_into(">HH", data, data.index(b"\xff\xc0") + 5, side, side)
    return bytes(data)


def _wide_webp() -> bytes:
    body = b"WEBPVP8X" + struct.pack("<IB3x", 10, 0) + (16382).to_bytes(3, "little") * 2
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _huge_tiff() -> bytes:
    tags = [(256, 4, 1, 20000), (257, 4, 1, 20000), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, 8)]
    tags += [(277, 3, 1, 3), (278, 4, 1, 20000), (279, 4, 1, 1200000000)]
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)


def _damaged_png() -> bytes:
    data = bytearray(encoded(_PIXELS, "PNG"))
    data[len(data) // 2] ^= 1
    return bytes(data)


_ALPHA = np.dstack((_PIXELS, _PIXELS[:, :, :1]))

BAD_PICTURES: dict[str, tuple[str, Maker, str]] = {
    "missing": (".png", lambda path: None, "no such file"),
    "folder": (".png", lambda path: path.mkdir(), "no pictures in it"),
    "empty": (".png", _bytes(b""), "is empty"),
    "text": (".jpg", _bytes(b"not a picture at all"), "convert it to PNG, JPEG, WebP or TIFF first"),
    "gif": (".png", lambda path: Image.fromarray(_PIXELS).save(path, "GIF"), "convert it to PNG"),
    "cut-png": (".png", _cut("PNG", 0.5), _DAMAGED),
    "cut-png-header": (".png", _bytes(encoded(_PIXELS, "PNG")[:20]), _DAMAGED),
    "cut-png-end": (".png", _bytes(encoded(_PIXELS, "PNG")[:-12]), _DAMAGED),
    "cut-jpeg": (".jpg", _cut("JPEG", 0.5), _DAMAGED),
    "cut-jpeg-header": (".jpg", _bytes(encoded(_PIXELS, "JPEG")[:100]), _DAMAGED),
    "cut-webp": (".webp", _cut("WEBP", 0.5), _DAMAGED),
    "cut-tiff": (".tiff", lambda path: _write_cut_tiff(path, None), _DAMAGED),
    "cut-tiff-deflate": (".tiff", lambda path: _write_cut_tiff(path, "zlib"), _DAMAGED),
    "tiff-without-a-strip": (".tiff", lambda path: _write_tiff_without_a_strip(path), _DAMAGED),
    "flipped-bit": (".png", _bytes(_damaged_png()), _DAMAGED),
    "flipped-bit-in-metadata": (
        ".png",
        _bytes(encoded(_PIXELS, "PNG", dpi=(300, 300)).replace(b"pHYs\0", b"pHYs\1")),
        _DAMAGED,
    ),
    "huge-png": (".png", _bytes(png(20000, 20000, 8, 2, b"")), _MANY),
    "huge-jpeg": (".jpg", _bytes(_resized_jpeg(65000)), _MANY),
    "huge-webp": (".webp", _bytes(_wide_webp()), "convert it to PNG or TIFF first"),
    "huge-tiff": (".tiff", _bytes(_huge_tiff()), _MANY),
    "cmyk-jpeg": (".jpg", _mode("CMYK", "JPEG"), f"a CMYK picture; {_CONVERT}"),
    "cmyk-tiff": (".tiff", _mode("CMYK", "TIFF"), f"a CMYK picture; {_CONVERT}"),
    "gray-png": (".png", _mode("L", "PNG"), f"a grayscale picture; {_CONVERT}"),
    "gray-alpha-png": (".png", _mode("LA", "PNG"), f"a grayscale picture; {_CONVERT}"),
    "gray-16-png": (".png", _mode("I;16", "PNG"), f"a grayscale picture; {_CONVERT}"),
    "one-bit-png": (".png", _mode("1", "PNG"), f"a grayscale picture; {_CONVERT}"),
    "gray-jpeg": (".jpg", _mode("L", "JPEG"), f"a grayscale picture; {_CONVERT}"),
    "gray-tiff": (".tiff", _mode("L", "TIFF"), f"a grayscale picture; {_CONVERT}"),
    "one-bit-tiff": (".tiff", _mode("1", "TIFF"), f"a grayscale picture; {_CONVERT}"),
    "palette-png": (".png", _mode("P", "PNG"), f"a palette picture; {_CONVERT}"),
    "palette-tiff": (".tiff", _mode("P", "TIFF"), f"a palette picture; {_CONVERT}"),
    "float-tiff": (".tiff", _tiff(_PIXELS.astype(np.float32)), f"32-bit floating-point samples; {_CONVERT}"),
    "32-bit-tiff": (".tiff", _tiff(_PIXELS.astype(np.uint32)), f"32-bit integer samples; {_CONVERT}"),
    "premultiplied-tiff": (".tiff", _tiff(_ALPHA, extrasamples=["assocalpha"]), f"associated alpha); {_CONVERT}"),
    "one-pixel": (".png", _bytes(encoded(_PIXELS[:1, :1], "PNG")), "nothing to enhance"),
    "animated-png": (".png", _animated("PNG"), "3 pictures in one file"),
    "animated-webp": (".webp", _animated("WEBP"), "3 pictures in one file"),
    "pages-tiff": (".tiff", _tiff(np.stack([_PIXELS] * 2)), "2 pictures in one file"),
    "odd-png-type": (".png", _bytes(png(4, 4, 8, 5, b"")), _DAMAGED),
    "unknown-chunk-cut": (".png", _bytes(png(4, 4, 8, 2, b"", more=png_chunk(b"teSt", b"x"))[:60]), _DAMAGED),
}


def _write_cut_tiff(path: Path, compression: str | None) -> None:
    tifffile.imwrite(path, _PIXELS, photometric="rgb", compression=compression)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) - 200])


def _write_tiff_without_a_strip(path: Path) -> None:
    tifffile.imwrite(path, _PIXELS, photometric="rgb", rowsperstrip=15)
    with tifffile.TiffFile(path) as file:
        counts = file.pages.first.tags["StripByteCounts"]
    data = bytearray(path.read_bytes())
    data[counts.valueoffset : counts.valueoffset + counts.valuebytecount] = bytes(counts.valuebytecount)
    path.write_bytes(data)
