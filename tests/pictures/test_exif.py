import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.picture_files import exif_block

from arllie_deploy.pictures.exif import orientation_of, parse_exif, upright_exif

BLOCK = exif_block(6).removeprefix(b"Exif\0\0")


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_block_that_is_rebuilt_says_the_same(order: str) -> None:
    block = exif_block(6, order).removeprefix(b"Exif\0\0")
    exif = parse_exif(block)
    assert exif is not None
    again = parse_exif(exif.to_bytes())
    assert again is not None
    for one, other in ((exif.main, again.main), (exif.exif, again.exif), (exif.gps, again.gps)):
        assert one
        assert {tag: (e.kind, e.count, e.raw) for tag, e in one.items()} == {
            tag: (e.kind, e.count, e.raw) for tag, e in other.items()
        }


def test_making_a_block_upright_changes_only_orientation_and_size() -> None:
    upright = upright_exif(BLOCK, 30, 40)
    assert upright is not None
    assert len(upright) == len(BLOCK)
    changed = [i for i, (one, other) in enumerate(zip(BLOCK, upright, strict=True)) if one != other]
    assert len(changed) == 3
    assert (orientation_of(BLOCK), orientation_of(upright)) == (6, 1)


def test_an_entry_outside_the_block_does_not_cost_the_others() -> None:
    cut = BLOCK[:-6]
    assert orientation_of(cut) == 6


@given(st.binary(max_size=200), st.integers(0, len(BLOCK)))
def test_no_bytes_make_it_fail(noise: bytes, at: int) -> None:
    for block in (noise, b"II*\0" + noise, b"MM\0*" + noise, BLOCK[:at] + noise + BLOCK[at + len(noise) :]):
        upright = upright_exif(block, 3, 4)
        assert upright is None or len(upright) == len(block)
        exif = parse_exif(block)
        if exif is not None:
            exif.to_bytes()
