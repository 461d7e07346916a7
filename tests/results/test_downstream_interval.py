import pytest
from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy.errors import ArllieError
from arllie_deploy.results.downstream.interval import wilson


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    # The score method without continuity correction in Newcombe, Statistics in Medicine 17 (1998), table I.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_published_intervals(hits: int, trials: int, low: float, high: float) -> None:
    assert wilson(hits, trials) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(st.integers(1, 500).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_it_holds_the_rate_and_is_a_mirror_image_for_the_misses(counts: tuple[int, int]) -> None:
    hits, trials = counts
    low, high = wilson(hits, trials)
    assert 0.0 <= low <= hits / trials <= high <= 1.0
    assert wilson(trials - hits, trials) == (pytest.approx(1 - high), pytest.approx(1 - low))


@pytest.mark.parametrize(("hits", "trials"), [(-1, 5), (6, 5), (0, 0)])
def test_counts_that_are_no_rate_are_refused(hits: int, trials: int) -> None:
    with pytest.raises(ArllieError, match="are no rate"):
        wilson(hits, trials)
