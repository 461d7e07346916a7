import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy.bench.statistics import percentile, summarize

times = st.lists(st.floats(0.0, 1e6, allow_nan=False), min_size=1, max_size=60)


def test_known_series() -> None:
    summary = summarize([30.0, 10.0, 20.0, 50.0, 40.0])
    assert (summary.n, summary.min, summary.p50, summary.iqr) == (5, 10.0, 30.0, 20.0)
    assert summary.p90 == pytest.approx(46.0)
    assert summary.p99 == pytest.approx(49.6)


def test_one_time_is_every_percentile() -> None:
    summary = summarize([7.0])
    assert (summary.n, summary.min, summary.p50, summary.p90, summary.p99, summary.iqr) == (1, 7.0, 7.0, 7.0, 7.0, 0.0)


@given(times)
def test_percentiles_never_cross(series: list[float]) -> None:
    summary = summarize(series)
    assert summary.min <= summary.p50 <= summary.p90 <= summary.p99 <= max(series)
    assert summary.iqr >= 0


@given(times, st.floats(0.0, 1.0))
def test_agrees_with_numpy(series: list[float], share: float) -> None:
    assert percentile(sorted(series), share) == pytest.approx(float(np.quantile(series, share)), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("series", [[], [1.0, math.nan], [math.inf], [-1.0]])
def test_what_is_no_time_is_refused(series: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        summarize(series)
