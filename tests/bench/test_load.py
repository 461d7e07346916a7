import pytest
from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy.bench.load import busy_share, load_warnings, sample_load

IDLE = [100, 0, 50, 1000, 20, 0, 0, 0]
ticks = st.lists(st.integers(0, 10**9), min_size=8, max_size=8)


def after(**passed: int) -> list[int]:
    names = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]
    return [ticks + passed.get(name, 0) for name, ticks in zip(names, IDLE, strict=True)]


def test_waiting_is_not_work_and_stolen_time_is() -> None:
    assert busy_share(IDLE, after(user=25, idle=70, iowait=5)) == pytest.approx(0.25)
    assert busy_share(IDLE, after(steal=50, idle=50)) == pytest.approx(0.5)


def test_without_time_there_is_no_share() -> None:
    assert busy_share(IDLE, IDLE) is None


@given(ticks, ticks)
def test_it_is_a_share(before: list[int], passed: list[int]) -> None:
    share = busy_share(before, [early + more for early, more in zip(before, passed, strict=True)])
    assert share is None or 0.0 <= share <= 1.0


def test_it_can_be_sampled_here() -> None:
    share = sample_load(0.05)
    assert share is None or 0.0 <= share <= 1.0


def test_a_busy_machine_is_named_with_when_it_was() -> None:
    assert load_warnings(0.02, None) == ()
    assert load_warnings(0.02, 0.14) == ()
    (warning,) = load_warnings(0.02, 0.6)
    assert "60% after the run" in warning
    assert "before" not in warning
    assert "30% before the run, 60% after the run" in load_warnings(0.3, 0.6)[0]
