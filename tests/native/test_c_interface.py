"""The C interface: formats, and that bad input is refused with nothing read or written."""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.enhancers import random_enhancer

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.native.integer import quantize
from arllie_deploy.native.kernel import float_struct, integer_struct
from arllie_deploy.native.library import IntegerStruct, Library, PictureStruct
from arllie_deploy.native.oracle import enhance

RGB24, RGBX32, NV12 = 0, 1, {(0, False): 2, (0, True): 3, (1, False): 4, (1, True): 5}
NULL_POINTER, BAD_SIZE, BAD_STRIDE, BAD_FORMAT, OVERLAP, BAD_MODEL, BAD_THREADS = range(1, 8)
UNTOUCHED = 9
COEFFICIENTS = ((0.299, 0.114), (0.2126, 0.0722))
IDENTITY = Enhancer(
    "identity",
    np.pad(np.eye(3, dtype="f4")[..., None, None], ((0, 0), (0, 0), (1, 1), (1, 1))),
    np.zeros(3, "f4"),
    "plain",
)
# The last part is the coefficients' own rounding, 21 bits behind the point, of green up to 2.5 units in the sum.
HALF_A_LEVEL = 0.5 + 255 * 2.5 / 2**21
every_nv12 = pytest.mark.parametrize(
    ("standard", "full", "height", "width"),
    [(*form, *size) for form in NV12 for size in ((1, 1), (6, 8), (37, 45), (270, 481))],
)
Bytes = NDArray[np.uint8]
Levels = NDArray[np.float64]


@pytest.fixture
def calls(c_library_path: Path, c_library: Library) -> ctypes.CDLL:
    return ctypes.CDLL(str(c_library_path))


def _picture(form: int, width: int, height: int, *planes: Bytes) -> PictureStruct:
    picture = PictureStruct(format=form, width=width, height=height)
    for i, plane in enumerate(planes):
        picture.plane[i], picture.stride[i] = plane.ctypes.data, plane.strides[0]
    return picture


def _call(
    calls: ctypes.CDLL,
    model: ctypes.Structure | None,
    a: PictureStruct | None,
    b: PictureStruct | None,
    threads: int = 1,
) -> int:
    name = "arllie_enhance" if model is None or isinstance(model, IntegerStruct) else "arllie_enhance_float"
    arguments = [None if value is None else ctypes.byref(value) for value in (model, a, b)]
    return int(getattr(calls, name)(*arguments, threads))


@pytest.mark.parametrize("in_place", [False, True])
def test_rgbx_keeps_its_fourth_byte(calls: ctypes.CDLL, in_place: bool) -> None:
    model = random_enhancer("residual")
    frame = np.random.default_rng(0).integers(0, 256, (37, 45, 4), np.uint8)
    expected = np.dstack([enhance(quantize(model), np.ascontiguousarray(frame[..., :3])), frame[..., 3]])
    out = frame if in_place else np.zeros_like(frame)
    pictures = _picture(RGBX32, 45, 37, frame), _picture(RGBX32, 45, 37, out)
    assert _call(calls, integer_struct(model), *pictures, 2) == 0
    np.testing.assert_array_equal(out, expected)


def test_rgb_becomes_opaque_rgbx(calls: ctypes.CDLL) -> None:
    model = random_enhancer("plain")
    frame, out = np.random.default_rng(0).integers(0, 256, (5, 9, 3), np.uint8), np.zeros((5, 9, 4), np.uint8)
    assert _call(calls, integer_struct(model), _picture(RGB24, 9, 5, frame), _picture(RGBX32, 9, 5, out)) == 0
    np.testing.assert_array_equal(out[..., :3], enhance(quantize(model), frame))
    assert (out[..., 3] == 255).all()


def _to_rgb(luma: Bytes, chroma: Bytes, standard: int, full: bool) -> Levels:
    """ITU-R BT.601-7 or BT.709-6 in float64, a chroma sample for its whole block; the levels before rounding."""
    kr, kb = COEFFICIENTS[standard]
    height, width = luma.shape
    y = luma / 255.0 if full else (luma - 16.0) / 219.0
    blocks = (chroma.reshape(chroma.shape[0], -1, 2) - 128.0) / (255.0 if full else 224.0)
    cb, cr = np.moveaxis(blocks.repeat(2, 0).repeat(2, 1)[:height, :width], 2, 0)
    red, blue = y + 2 * (1 - kr) * cr, y + 2 * (1 - kb) * cb
    green = (y - kr * red - kb * blue) / (1 - kr - kb)
    return (255 * np.stack([red, green, blue], 2)).clip(0, 255)


def _from_rgb(rgb: Bytes, standard: int, full: bool) -> tuple[Levels, Levels]:
    """The same back, chroma from the mean of each block; at an odd edge the pixels that exist stand for the others."""
    kr, kb = COEFFICIENTS[standard]
    height, width, _ = rgb.shape
    rows, columns = (np.minimum(np.arange(n + n % 2), n - 1) for n in (height, width))
    weights = np.array([kr, 1 - kr - kb, kb])
    y = rgb / 255.0 @ weights
    blocks = (rgb[rows][:, columns] / 255.0).reshape(rows.size // 2, 2, columns.size // 2, 2, 3).mean((1, 3))
    mean = blocks @ weights
    chroma = np.stack([(blocks[..., 2] - mean) / (2 * (1 - kb)), (blocks[..., 0] - mean) / (2 * (1 - kr))], 2)
    luma = 255 * y if full else 16 + 219 * y
    return luma, (128 + (255 if full else 224) * chroma.reshape(chroma.shape[0], -1)).clip(0, 255)


def _nv12(height: int, width: int) -> tuple[Bytes, Bytes]:
    """Any bytes in both planes: many blocks are then of colors that no RGB has."""
    rng = np.random.default_rng(0)
    chroma = rng.integers(0, 256, ((height + 1) // 2, 2 * ((width + 1) // 2)), np.uint8)
    return rng.integers(0, 256, (height, width), np.uint8), chroma


@dataclass(frozen=True)
class _Converter:
    """The library between one form of NV12 and RGB, by a model that changes nothing."""

    calls: ctypes.CDLL
    form: int

    def decode(self, luma: Bytes, chroma: Bytes) -> Bytes:
        height, width = luma.shape
        rgb = np.zeros((height, width, 3), np.uint8)
        pictures = _picture(self.form, width, height, luma, chroma), _picture(RGB24, width, height, rgb)
        assert _call(self.calls, integer_struct(IDENTITY), *pictures) == 0
        return rgb

    def encode(self, rgb: Bytes) -> tuple[Bytes, Bytes]:
        height, width, _ = rgb.shape
        luma, chroma = _nv12(height, width)
        pictures = _picture(RGB24, width, height, rgb), _picture(self.form, width, height, luma, chroma)
        assert _call(self.calls, integer_struct(IDENTITY), *pictures) == 0
        return luma, chroma


@every_nv12
def test_nv12_decodes_to_the_nearest_level(
    calls: ctypes.CDLL, standard: int, full: bool, height: int, width: int
) -> None:
    luma, chroma = _nv12(height, width)
    rgb = _Converter(calls, NV12[standard, full]).decode(luma, chroma)
    assert np.abs(rgb - _to_rgb(luma, chroma, standard, full)).max() <= HALF_A_LEVEL


@every_nv12
def test_nv12_encodes_to_the_nearest_level(
    calls: ctypes.CDLL, standard: int, full: bool, height: int, width: int
) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    planes = _Converter(calls, NV12[standard, full]).encode(rgb)
    expected = _from_rgb(rgb, standard, full)
    assert max(np.abs(a - b).max() for a, b in zip(planes, expected, strict=True)) <= HALF_A_LEVEL


@every_nv12
def test_enhancing_nv12_is_decoding_enhancing_and_encoding(
    calls: ctypes.CDLL, standard: int, full: bool, height: int, width: int
) -> None:
    """To the byte. Against float64 all the way it cannot be: a model lifts the level of a decoded half to several."""
    form, model = NV12[standard, full], random_enhancer("residual")
    luma, chroma = _nv12(height, width)
    converter = _Converter(calls, form)
    expected = converter.encode(enhance(quantize(model), converter.decode(luma, chroma)))
    out = [np.zeros_like(luma), np.zeros_like(chroma)]
    source, target = _picture(form, width, height, luma, chroma), _picture(form, width, height, *out)
    assert _call(calls, integer_struct(model), source, target, 1) == 0
    assert _call(calls, integer_struct(model), source, source, 2) == 0, "in place"
    for plane, in_place, wanted in zip(out, (luma, chroma), expected, strict=True):
        np.testing.assert_array_equal(plane, wanted)
        np.testing.assert_array_equal(in_place, wanted)


def _after(calls: ctypes.CDLL, change: Callable[[PictureStruct], None]) -> tuple[list[int], set[int]]:
    """The errors of a changed source, a changed target and both, and the bytes that are in the target after them."""
    model = integer_struct(random_enhancer())
    frame, out = np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), UNTOUCHED, np.uint8)
    errors = []
    for changed in ((True, False), (False, True), (True, True)):
        pictures = _picture(RGB24, 8, 8, frame), _picture(RGB24, 8, 8, out)
        for picture, wanted in zip(pictures, changed, strict=True):
            if wanted:
                change(picture)
        errors.append(_call(calls, model, *pictures))
    return errors, set(out.ravel().tolist())


def _set_plane(picture: PictureStruct, value: int | None) -> None:
    picture.plane[0] = value


def _set_stride(picture: PictureStruct, value: int) -> None:
    picture.stride[0] = value


@pytest.mark.parametrize("side", ["width", "height"])
@pytest.mark.parametrize("value", [0, -1, -(2**31), 2**31 - 1, 2**24 + 1])
def test_a_bad_side_is_refused(calls: ctypes.CDLL, side: str, value: int) -> None:
    assert _after(calls, lambda picture: setattr(picture, side, value)) == ([BAD_SIZE] * 3, {UNTOUCHED})


@pytest.mark.parametrize("value", [23, 0, -24, -(2**63), 2**62, 2**63 - 1])
def test_a_bad_stride_is_refused(calls: ctypes.CDLL, value: int) -> None:
    assert _after(calls, lambda picture: _set_stride(picture, value)) == ([BAD_STRIDE] * 3, {UNTOUCHED})


def test_a_null_plane_is_refused(calls: ctypes.CDLL) -> None:
    assert _after(calls, lambda picture: _set_plane(picture, None)) == ([NULL_POINTER] * 3, {UNTOUCHED})


def test_a_plane_at_the_end_of_the_address_space_is_refused(calls: ctypes.CDLL) -> None:
    assert _after(calls, lambda picture: _set_plane(picture, 2**64 - 100)) == ([BAD_STRIDE] * 3, {UNTOUCHED})


@pytest.mark.parametrize("value", [-1, 6, 2**31 - 1])
def test_an_unknown_format_is_refused(calls: ctypes.CDLL, value: int) -> None:
    assert _after(calls, lambda picture: setattr(picture, "format", value)) == ([BAD_FORMAT] * 3, {UNTOUCHED})


def test_nv12_without_chroma_is_refused(calls: ctypes.CDLL) -> None:
    assert _after(calls, lambda picture: setattr(picture, "format", 2)) == ([NULL_POINTER] * 3, {UNTOUCHED})


def test_null_arguments_are_refused(calls: ctypes.CDLL) -> None:
    model, frame = integer_struct(random_enhancer()), np.zeros((8, 8, 3), np.uint8)
    picture = _picture(RGB24, 8, 8, frame)
    for arguments in ((None, picture, picture), (model, None, picture), (model, picture, None)):
        assert _call(calls, *arguments) == NULL_POINTER


@pytest.mark.parametrize("threads", [0, -1, 65, 2**31 - 1])
def test_a_bad_number_of_threads_is_refused(calls: ctypes.CDLL, threads: int) -> None:
    picture = _picture(RGB24, 8, 8, np.zeros((8, 8, 3), np.uint8))
    assert _call(calls, integer_struct(random_enhancer()), picture, picture, threads) == BAD_THREADS


def test_partly_overlapping_pictures_are_refused(calls: ctypes.CDLL) -> None:
    model, buffer = integer_struct(random_enhancer()), np.full((20, 8, 3), 5, np.uint8)
    for rows in (0, 3, 7):
        source, target = _picture(RGB24, 8, 8, buffer[rows:]), _picture(RGB24, 8, 8, buffer[rows + 1 :])
        assert _call(calls, model, source, target) == OVERLAP
        assert _call(calls, model, target, source) == OVERLAP
    assert (buffer == 5).all()
    # Regions of one buffer that share columns, and one memory seen with another stride.
    wide = np.full((8, 30, 3), 5, np.uint8)
    assert _call(calls, model, _picture(RGB24, 8, 8, wide[:, 2:]), _picture(RGB24, 8, 8, wide[:, 9:])) == OVERLAP
    assert _call(calls, model, _picture(RGB24, 8, 8, wide), _picture(RGB24, 8, 8, wide[::2])) == OVERLAP
    assert (wide == 5).all()


@pytest.mark.parametrize(
    ("epilogue", "field", "value"),
    [
        *(("plain", *change) for change in (("version", 2), ("epilogue", 4), ("epilogue", -1), ("shift", 3))),
        *(("plain", *change) for change in (("shift", 15), ("reserved", 1))),
        *(("residual", "floor", value) for value in (0, 65281)),
        *(("direct", "floor", value) for value in (255, 65281)),
        *(("curve", "curve_offset", value) for value in (0, 65535)),
        *(("curve", *change) for change in (("curve_shift", 25), ("curve_whole", 65536), ("curve_fraction", -1))),
    ],
)
def test_a_damaged_model_is_refused(calls: ctypes.CDLL, epilogue: str, field: str, value: int) -> None:
    model, frame = integer_struct(random_enhancer(epilogue)), np.full((8, 8, 3), 5, np.uint8)
    picture = _picture(RGB24, 8, 8, frame)
    setattr(model, field, value)
    assert _call(calls, model, picture, picture) == BAD_MODEL
    assert (frame == 5).all()


def test_weights_and_sums_beyond_the_kernels_are_refused(calls: ctypes.CDLL) -> None:
    picture = _picture(RGB24, 8, 8, np.zeros((8, 8, 3), np.uint8))
    for weight in (32640, -32640, -32768):
        model = integer_struct(random_enhancer())
        model.weights[80] = weight
        assert _call(calls, model, picture, picture) == BAD_MODEL
    for bias in (2**31 - 1, -(2**31)):
        model = integer_struct(random_enhancer())
        model.bias[1] = bias
        assert _call(calls, model, picture, picture) == BAD_MODEL


@pytest.mark.parametrize("field", ["epsilon", "bias"])
def test_a_float_model_of_no_numbers_is_refused(calls: ctypes.CDLL, field: str) -> None:
    model, picture = float_struct(random_enhancer()), _picture(RGB24, 8, 8, np.zeros((8, 8, 3), np.uint8))
    assert _call(calls, model, picture, picture) == 0
    if field == "bias":
        model.bias[0] = float("nan")
    else:
        model.epsilon = float("nan")
    assert _call(calls, model, picture, picture) == BAD_MODEL


def test_every_error_has_a_text_of_its_own(calls: ctypes.CDLL) -> None:
    calls.arllie_error_text.restype = ctypes.c_char_p
    texts = [calls.arllie_error_text(error) for error in range(10)]
    assert len(set(texts)) == 10
    assert calls.arllie_error_text(-1) == calls.arllie_error_text(10) == b"unknown error"
