from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.raw_frames import random_mosaic

from arllie_deploy.errors import ArllieError
from arllie_deploy.raw.dump import PACKINGS, DumpForm, read_dump


def _form(**changes: Any) -> DumpForm:
    return DumpForm(**{"size": (16, 12), "bits": 10, "pattern": "rggb", **changes})


def _write(folder: Path, mosaic: NDArray[np.uint16]) -> Path:
    path = folder / "frame.raw"
    path.write_bytes(mosaic.astype("<u2").tobytes())
    return path


def _packed(mosaic: NDArray[np.uint16], bits: int) -> bytes:
    """MIPI's packing value by value, as the standard tells it."""
    group, low = (4, 2) if bits == 10 else (2, 4)
    out = bytearray()
    for start in range(0, mosaic.size, group):
        values = [int(value) for value in mosaic.ravel()[start : start + group]]
        out += bytes(value >> low for value in values)
        out.append(sum((value & ((1 << low) - 1)) << (low * place) for place, value in enumerate(values)))
    return bytes(out)


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_a_plain_dump_is_read_as_it_is(bits: int, tmp_path: Path) -> None:
    mosaic = random_mosaic(bits=bits)
    frame = read_dump(_write(tmp_path, mosaic), _form(bits=bits, pattern="gbrg", black=7.0, orientation=6))
    assert (frame.mosaic == mosaic).all()
    assert (frame.pattern, frame.white, frame.black) == ("GBRG", (1 << bits) - 1, (7.0,) * 4)
    assert frame.orientation == 6


def test_four_values_of_ten_bits_are_five_bytes() -> None:
    # 0b11_1111_1100 + 0, + 1, + 2, + 3: the high bytes are 255 and the low bits count, the first value's lowest.
    row = np.array([[255, 255, 255, 255, 0b11_10_01_00]], np.uint8)
    assert PACKINGS["mipi"].read(row, 10).tolist() == [[1020, 1021, 1022, 1023]]


def test_two_values_of_twelve_bits_are_three_bytes() -> None:
    row = np.array([[0xAB, 0xCD, 0x21]], np.uint8)
    assert PACKINGS["mipi"].read(row, 12).tolist() == [[0xAB1, 0xCD2]]


@given(st.integers(0, 2**32 - 1), st.sampled_from([10, 12]))
def test_packed_values_come_back(tmp_path_factory: pytest.TempPathFactory, seed: int, bits: int) -> None:
    mosaic = random_mosaic(bits=bits, seed=seed)
    path = tmp_path_factory.mktemp("packed") / "frame.raw"
    path.write_bytes(_packed(mosaic, bits))
    assert (read_dump(path, _form(bits=bits, packing="mipi")).mosaic == mosaic).all()


def test_levels_and_gains_may_be_given(tmp_path: Path) -> None:
    frame = read_dump(_write(tmp_path, random_mosaic()), _form(white=1000.0, white_balance=(2.0, 1.0, 1.5)))
    assert frame.white == 1000.0
    assert frame.white_balance == (2.0, 1.0, 1.5)


def test_gains_are_estimated_where_none_are_given(tmp_path: Path) -> None:
    mosaic = np.tile(np.array([[250, 500], [500, 400]], np.uint16), (6, 8))
    assert read_dump(_write(tmp_path, mosaic), _form()).white_balance == pytest.approx((2.0, 1.0, 1.25))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"size": (16, 14)}, r"384 bytes, but 16×14 values \(.*\) are 448; it is cut off"),
        ({"size": (16, 10)}, r"384 bytes, but 16×10 .* are 320; .*a header or padded rows"),
        ({"bits": 12, "packing": "mipi"}, "that is the length of 16 bits a value, little-endian: give --packing plain"),
    ],
)
def test_a_file_of_another_length_is_refused(changes: dict[str, Any], says: str, tmp_path: Path) -> None:
    path = _write(tmp_path, random_mosaic())
    with pytest.raises(ArllieError, match=says) as error:
        read_dump(path, _form(**changes))
    assert str(error.value).startswith(f"{path}: ")


def test_a_packed_file_taken_for_a_plain_one_is_recognized(tmp_path: Path) -> None:
    path = tmp_path / "frame.raw"
    path.write_bytes(_packed(random_mosaic(), 10))
    with pytest.raises(ArllieError, match="that is the length of MIPI RAW10 or RAW12, packed: give --packing mipi"):
        read_dump(path, _form())


def test_more_bits_than_were_said_are_refused_with_their_place(tmp_path: Path) -> None:
    mosaic = random_mosaic()
    mosaic[3, 5] = 4000
    path = _write(tmp_path, mosaic)
    with pytest.raises(ArllieError, match=r"the value 4000 in row 3, column 5 is more than 10 bits hold \(1023\)"):
        read_dump(path, _form())
    assert read_dump(path, _form(bits=12)).mosaic[3, 5] == 4000


def test_swapped_bytes_are_recognized(tmp_path: Path) -> None:
    path = _write(tmp_path, random_mosaic().byteswap())
    with pytest.raises(ArllieError, match="its bytes seem to be in the other order"):
        read_dump(path, _form())


@pytest.mark.parametrize(("value", "says"), [(64, "a black frame"), (1023, "a saturated frame")])
def test_a_frame_with_nothing_in_it_is_refused(value: int, says: str, tmp_path: Path) -> None:
    path = _write(tmp_path, np.full((12, 16), value, np.uint16))
    with pytest.raises(ArllieError, match=says) as error:
        read_dump(path, _form(black=64.0))
    assert str(error.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"size": (15, 12)}, "15×12: both sides must be even"),
        ({"size": (16, 2)}, "16×2"),
        ({"bits": 11}, "11 bits a value; a Bayer dump has 10, 12, 14, 16"),
        ({"pattern": "rgbg"}, "unknown Bayer order 'rgbg'"),
        ({"packing": "mippi"}, r"unknown packing 'mippi'; did you mean 'mipi'\? known: plain, mipi"),
        ({"packing": "mipi", "size": (18, 12)}, "mipi packs 10 and 12 bits, rows of a multiple of 4 values"),
        ({"packing": "mipi", "bits": 14}, "mipi packs 10 and 12 bits, not 14"),
    ],
)
def test_a_form_that_there_is_not_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ArllieError, match=says):
        _form(**changes)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match=r"frame\.raw: no such file"):
        read_dump(tmp_path / "frame.raw", _form())
    with pytest.raises(ArllieError, match="a folder, not a Bayer dump"):
        read_dump(tmp_path, _form())


def test_a_level_that_cannot_be_is_said_with_the_file(tmp_path: Path) -> None:
    path = _write(tmp_path, random_mosaic())
    with pytest.raises(ArllieError, match=r"frame\.raw: the white level is 50 and the black level 64"):
        read_dump(path, _form(black=64.0, white=50.0))
