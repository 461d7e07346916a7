import pytest
from support.trainings import made_up

from arllie_deploy.results.short_trainings import REFERENCE, compared, differences, verdict


def test_a_difference_is_taken_seed_by_seed() -> None:
    measured = made_up({REFERENCE: [15.0, 17.0, 16.0], "stem 16": [15.5, 17.5, 16.5]})
    assert differences(measured, "stem 16", "psnr_db") == [0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("gains", "expected"),
    [
        ([0.5, 0.6, 0.4], "better"),
        ([-0.5, -0.6, -0.4], "worse"),
        ([1.0, -1.0, 0.3], "not told apart"),
        # Three standard errors: enough for a normal distribution, not for three values.
        ([0.2, 0.5, 0.8], "not told apart"),
    ],
)
def test_a_verdict_needs_the_interval_of_so_few_seeds(gains: list[float], expected: str) -> None:
    measured = made_up({REFERENCE: [15.0, 16.0, 17.0], "a": [15.0 + gains[0], 16.0 + gains[1], 17.0 + gains[2]]})
    assert verdict(measured, "a") == expected


def test_the_reference_is_not_compared_with_itself() -> None:
    measured = made_up({REFERENCE: [15.0, 16.0, 17.0], "a": [15.5, 16.5, 17.5]})
    assert compared(measured, REFERENCE) == ("16.00 ± 1.00", "", "")
    assert compared(measured, "a") == ("16.50 ± 1.00", "0.50 ± 0.00", "better")


def test_a_page_shows_neither_recipe_nor_data() -> None:
    [one] = made_up({REFERENCE: [15.0]})
    assert one.figures() == {
        "arm": REFERENCE,
        "seed": 0,
        "psnr_db": 15.0,
        "ssim": 0.5,
        "clamped": 0.01,
        "cpu_s": 60.0,
    }
