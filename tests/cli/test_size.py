import pytest
from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy import ArllieError
from arllie_deploy.cli.size import LARGEST, parse_size

sides = st.integers(1, LARGEST)


@given(sides, sides, st.sampled_from("xX"))
def test_every_size_within_the_limits_is_read(width: int, height: int, letter: str) -> None:
    assert parse_size(f"{width}{letter}{height}") == (width, height)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "abc",
            "1920",
            "1920x",
            "x1080",
            "0x0",
            "0x5",
            "5x0",
            "-5x5",
            "5x-5",
            "1e9",
            "1e9x5",
            "16385x1",
            "1x16385",
        ),
        *("1.5x2", "1920x1080x3", "1920 x 1080", "١٩٢٠x١٠٨٠", "999999999999x1", "5x5\nx"),
    ],
)
def test_anything_else_is_refused_in_one_line_with_an_example(text: str) -> None:
    with pytest.raises(ArllieError) as caught:
        parse_size(text)
    assert "--size" in str(caught.value)
    assert "1920x1080" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2
