import math

from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy.export.networks.saturation import before_logistic

numbers = st.floats(-50.0, 50.0)


def logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


@given(numbers, numbers, numbers)
def test_what_is_cut_is_within_half_a_level_of_where_it_goes(one: float, other: float, value: float) -> None:
    low, high = before_logistic(min(one, other), max(one, other))
    assert low <= high
    if min(one, other) <= value <= max(one, other):
        assert abs(logistic(min(max(value, low), high)) - logistic(value)) <= 0.5 / 255.0


def test_a_range_within_the_steep_part_stays() -> None:
    assert before_logistic(-2.0, 3.0) == (-2.0, 3.0)
