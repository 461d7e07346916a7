from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.picture_files import exif_block, random_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.media.enlarged import enlarge_plane, enlarged
from arllie_deploy.pictures.exif import parse_exif
from arllie_deploy.pictures.picture import Metadata, Picture

XMP = (
    b'<rdf:Description tiff:ImageWidth="40" tiff:ImageLength = "30" exif:PixelXDimension="40">'
    b"<exif:PixelYDimension>30</exif:PixelYDimension><dc:title>ImageWidth=40</dc:title></rdf:Description>"
)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 5), st.sampled_from([np.uint8, np.uint16]))
def test_a_plane_is_enlarged_as_torch_does_on_half_pixel_centers(
    height: int, width: int, factor: int, dtype: type
) -> None:
    plane = random_pixels(height, width, dtype)[:, :, 0]
    given_ = torch.from_numpy(plane.astype(np.float64))[None, None]
    expected = torch.nn.functional.interpolate(given_, scale_factor=factor, mode="bilinear", align_corners=False)
    result = enlarge_plane(plane, factor)
    assert result.dtype == dtype
    assert np.abs(result - expected[0, 0].numpy()).max() <= 0.5 + 1e-6


def test_a_half_is_rounded_up() -> None:
    """Between 0 and 1 at a quarter of a pixel's distance: 1/4 and 3/4, and where rows differ too, the exact half."""
    assert enlarge_plane(np.array([[0, 1]], np.uint8), 2).tolist() == [[0, 0, 1, 1]] * 2
    assert Fraction(1, 4) * 2 == Fraction(1, 2)
    assert enlarge_plane(np.array([[0, 2]], np.uint8), 2).tolist() == [[0, 1, 2, 2]] * 2


def test_what_metadata_say_of_the_sides_stays_true_and_nothing_else_changes() -> None:
    metadata = Metadata(exif=exif_block().removeprefix(b"Exif\0\0"), xmp=XMP, dpi=(300.0, 300.0), icc=b"profile")
    picture = Picture(random_pixels(30, 40), random_pixels(30, 40)[:, :, 0], metadata)
    larger = enlarged(picture, 4)
    assert larger.size == (160, 120)
    assert larger.alpha is not None
    assert larger.alpha.shape == (120, 160)
    exif = parse_exif(larger.metadata.exif or b"")
    assert exif is not None
    sides = [int.from_bytes(exif.exif[tag].raw[:2], "little") for tag in (0xA002, 0xA003)]
    assert sides == [160, 120]
    said = larger.metadata.xmp or b""
    for part in (b'ImageWidth="160"', b'ImageLength = "120"', b'XDimension="160"', b">120</exif", b">ImageWidth=40<"):
        assert part in said
    assert (larger.metadata.dpi, larger.metadata.icc) == ((300.0, 300.0), b"profile")
    assert enlarged(picture, 1) is picture


@pytest.mark.parametrize("size", [(2, 16384), (8000, 8000)])
def test_pictures_that_no_reader_would_take_are_refused(size: tuple[int, int]) -> None:
    pixels = np.broadcast_to(np.zeros(1, np.uint8), (*size, 3))
    with pytest.raises(ArllieError, match=f"4 times the sides would be {4 * size[1]}×{4 * size[0]}"):
        enlarged(Picture(pixels), 4)
