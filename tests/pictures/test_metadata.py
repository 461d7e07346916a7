import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from PIL.ExifTags import IFD
from support.picture_files import (
    LATITUDE,
    TAKEN,
    exif_block,
    icc_profile,
    png_chunk,
    random_pixels,
    save,
    smooth_pixels,
    xmp_packet,
)

from arllie_deploy.pictures import Metadata, Picture, read_picture, write_picture

SUFFIXES = [".png", ".jpg", ".webp", ".tiff"]


def _metadata(order: str = "<") -> Metadata:
    exif = exif_block(order=order).removeprefix(b"Exif\0\0")
    return Metadata(icc=icc_profile(), exif=exif, xmp=xmp_packet(), dpi=(300.0, 150.0))


@pytest.mark.parametrize("first", SUFFIXES)
@pytest.mark.parametrize("second", SUFFIXES)
@pytest.mark.parametrize("order", ["<", ">"])
def test_metadata_pass_from_each_format_to_each(first: str, second: str, order: str, tmp_path: Path) -> None:
    write_picture(tmp_path / f"first{first}", Picture(smooth_pixels(30, 40), metadata=_metadata(order)))
    path = tmp_path / f"second{second}"
    write_picture(path, read_picture(tmp_path / f"first{first}"))
    with Image.open(path) as image:
        exif = image.getexif()
        assert image.info["icc_profile"] == icc_profile()
        assert exif[0x010F] == "Lamp"
        assert exif[0x8298] == "(c) nobody"
        assert exif.get_ifd(0x8769)[0x9003] == TAKEN
        assert exif.get_ifd(0x8769)[0x927C] == b"maker note"
        assert exif.get_ifd(0x8825)[2] == LATITUDE
    assert xmp_packet() in path.read_bytes()
    if ".webp" not in (first, second):
        assert read_picture(path).metadata.dpi == pytest.approx((300, 150), rel=1e-3)


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_metadata_of_16_bit_pictures_pass(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"deep{suffix}"
    write_picture(path, Picture(random_pixels(30, 40, np.uint16), metadata=_metadata()))
    back = read_picture(path)
    assert back.metadata.icc == icc_profile()
    assert back.metadata.xmp == xmp_packet()
    assert back.metadata.dpi == pytest.approx((300, 150), rel=1e-3)
    assert back.metadata.exif is not None
    assert TAKEN.encode() in back.metadata.exif


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_an_exif_block_passes_bit_by_bit_where_it_is_a_block(suffix: str, tmp_path: Path) -> None:
    metadata = _metadata()
    write_picture(tmp_path / f"picture{suffix}", Picture(smooth_pixels(30, 40), metadata=metadata))
    assert read_picture(tmp_path / f"picture{suffix}").metadata.exif == metadata.exif


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_picture_without_metadata_gets_none(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"bare{suffix}"
    write_picture(path, Picture(smooth_pixels(30, 40)))
    assert read_picture(path).metadata == Metadata()


def test_other_programs_tiff_tags_pass_to_exif(tmp_path: Path) -> None:
    texts = {270: "a street", 271: "Lamp", 272: "Lamp 3", 305: "scanner", 306: TAKEN, 315: "nobody", 33432: "(c)"}
    path = tmp_path / "scan.tif"
    tags = [(tag, 2, len(text) + 1, text, True) for tag, text in texts.items() if tag not in (270, 305)]
    tifffile.imwrite(
        path, random_pixels(30, 40), photometric="rgb", description="a street", software="scanner", extratags=tags,
        metadata=None, resolution=(118.11, 118.11), resolutionunit="CENTIMETER",
    )  # fmt: skip
    picture = read_picture(path)
    assert picture.metadata.dpi == pytest.approx((300, 300), rel=1e-4)
    for suffix in (".jpg", ".tiff"):
        write_picture(tmp_path / f"out{suffix}", picture)
        with Image.open(tmp_path / f"out{suffix}") as image:
            assert {tag: image.getexif()[tag] for tag in texts} == texts


def test_the_shape_that_tifffile_notes_is_not_carried(tmp_path: Path) -> None:
    path = tmp_path / "array.tif"
    tifffile.imwrite(path, random_pixels(30, 40), photometric="rgb")
    exif = read_picture(path).metadata.exif
    assert exif is None or b"shape" not in exif


def test_the_thumbnail_is_dropped(tmp_path: Path) -> None:
    block = bytearray(exif_block().removeprefix(b"Exif\0\0"))
    (first,) = struct.unpack_from("<I", block, 4)
    (count,) = struct.unpack_from("<H", block, first)
    struct.pack_into("<I", block, first + 2 + 12 * count, len(block))
    block += struct.pack("<HHHIII", 1, 0x0201, 4, 1, 0, 0)
    path = save(tmp_path / "camera.png", random_pixels(30, 40), exif=b"Exif\0\0" + bytes(block))
    with Image.open(path) as image:
        assert image.getexif().get_ifd(IFD.IFD1)
    write_picture(path, read_picture(path))
    with Image.open(path) as image:
        assert not image.getexif().get_ifd(IFD.IFD1)


def test_compressed_xmp_of_png_is_read(tmp_path: Path) -> None:
    import zlib

    path = save(tmp_path / "picture.png", random_pixels(30, 40))
    data = path.read_bytes()
    text = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp_packet(6))
    path.write_bytes(data[:33] + png_chunk(b"iTXt", text) + data[33:])
    assert read_picture(path).metadata.xmp == xmp_packet(1)


def test_odd_metadata_do_not_keep_a_picture_from_being_read(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = save(tmp_path / "picture.png", random_pixels(30, 40))
    data = path.read_bytes()
    odd = [
        (b"iCCP", b"no profile"),
        (b"eXIf", b"no exif"),
        (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0bad"),
        (b"pHYs", b"1"),
    ]
    path.write_bytes(data[:33] + b"".join(png_chunk(*one) for one in odd) + data[33:])
    assert read_picture(path).metadata == Metadata()
    assert capfd.readouterr() == ("", "")
