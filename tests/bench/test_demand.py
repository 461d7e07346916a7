import pytest

from arllie_deploy import ArllieError
from arllie_deploy.bench.demand import refuse_too_large, rotation_length


@pytest.mark.parametrize(("size", "length"), [((64, 48), 8), ((1920, 1080), 8), ((3840, 2160), 2), ((16384, 16384), 2)])
def test_the_rotation_shrinks_with_the_frame(size: tuple[int, int], length: int) -> None:
    assert rotation_length(size) == length


def test_more_memory_than_there_is_is_refused_before_any_work() -> None:
    with pytest.raises(ArllieError, match=r"--size 16384x16384 needs about \d+.\d GB of memory, 8.0 GB are free"):
        refuse_too_large((16384, 16384), available_bytes=8_000_000_000)


def test_full_hd_fits_into_four_gigabytes_and_not_into_one_tenth_of_it() -> None:
    refuse_too_large((1920, 1080), available_bytes=4_000_000_000)
    with pytest.raises(ArllieError, match="--size 1920x1080 needs"):
        refuse_too_large((1920, 1080), available_bytes=400_000_000)
