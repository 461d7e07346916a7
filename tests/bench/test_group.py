from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy.bench.group import copy_ratios, ratio, split
from arllie_deploy.bench.statistics import summarize


@given(st.lists(st.integers(1, 100), max_size=20), st.integers(1, 150))
def test_every_member_is_in_one_group_in_its_order_and_groups_fit(needed: list[int], most: int) -> None:
    groups = split(needed, most)
    assert [position for group in groups for position in group] == list(range(len(needed)))
    for group in groups:
        assert len(group) == 1 or sum(needed[position] for position in group) <= most
    for group, following in pairwise(groups):
        assert sum(needed[position] for position in group) + needed[following[0]] > most


def test_where_nothing_is_known_of_memory_there_is_one_group() -> None:
    assert split([5, 10**15], None) == [[0, 1]]
    assert split([], None) == []


def test_a_ratio_is_of_medians_and_needs_a_unit() -> None:
    assert ratio(summarize([3.0, 9.0, 9.0]), summarize([3.0, 3.0, 100.0])) == 3.0
    assert ratio(summarize([3.0]), summarize([0.0])) is None
    assert ratio(summarize([3.0]), None) is None
    assert copy_ratios(summarize([3.0]), None) == {}
