import numpy as np
import pytest

from arllie_deploy.native.logistic_form import LOGISTIC_FORMS
from arllie_deploy.native.logistic_table import logistic_tables, values_of_14_bits
from arllie_deploy.native.table_search import search_table


@pytest.mark.parametrize("name", LOGISTIC_FORMS)
def test_the_stored_lines_are_those_that_the_search_finds(name: str) -> None:
    table = logistic_tables(name)
    assert (table.c0, table.c1) == search_table(LOGISTIC_FORMS[name])


@pytest.mark.parametrize("name", LOGISTIC_FORMS)
def test_the_lines_fit_the_lanes_of_every_machine(name: str) -> None:
    table = logistic_tables(name)
    assert len(table.c0) == len(table.c1) == 64
    assert min(table.c0) >= 0
    assert max(table.c0) <= 65535
    assert min(table.c1) > -32768
    assert max(table.c1) <= 32767


@pytest.mark.parametrize("name", LOGISTIC_FORMS)
def test_the_table_written_out_is_what_the_lines_give_one_by_one(name: str) -> None:
    table, values = logistic_tables(name), values_of_14_bits(name)
    for v in range(-32768, 32768, 37):
        place = v & 0xFFFF
        fraction = (v & 0x3FC) << 5
        expected = table.c0[place >> 10] + ((fraction * table.c1[place >> 10] + 0x4000) >> 15)
        assert values[place >> 2] == expected, v


def test_values_lie_in_the_range_that_the_epilogue_expects() -> None:
    assert values_of_14_bits("residual").max() <= 65280
    assert values_of_14_bits("direct").min() >= 256


@pytest.mark.parametrize(("name", "sign"), [("residual", 1), ("direct", -1)])
def test_values_follow_the_logistic_function_up_or_down(name: str, sign: int) -> None:
    """Where two lines meet there may be a step back of the size of their rounding."""
    in_order = np.roll(values_of_14_bits(name).astype(np.int64), 1 << 13) * sign
    steps = np.diff(in_order)
    within_lines = np.delete(steps, np.arange(255, len(steps), 256))
    assert within_lines.min() >= 0
    # Relative to the value, as a result reacts to it.
    assert (steps / np.abs(in_order[1:]).clip(min=256)).min() > -0.008


def test_nobody_can_change_the_shared_values() -> None:
    with pytest.raises(ValueError, match="read-only"):
        values_of_14_bits("residual")[0] = 1
