import pytest
from support.picture_files import random_pixels, smooth_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.evaluation import FIGURES, find_figures
from arllie_deploy.quality.metrics import METRICS, find_metrics


def test_every_row_is_found_by_its_name() -> None:
    assert all(find_metrics(name) == (row,) and row.name == name for name, row in METRICS.items())
    assert all(find_figures(name) == (row,) and row.name == name for name, row in FIGURES.items())


def test_names_keep_their_order_and_count_once() -> None:
    assert [row.name for row in find_metrics("ssim, psnr,ssim,")] == ["ssim", "psnr"]
    assert [row.name for row in find_figures("noise-gain,psnr")] == ["noise-gain", "psnr"]


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ("psrn", "unknown metric 'psrn'; did you mean 'psnr'"),
        ("x", "known: psnr, ssim, gt-"),
        (" ,", "no metric named"),
    ],
)
def test_unknown_names_are_refused(names: str, says: str) -> None:
    with pytest.raises(ArllieError, match=says):
        find_metrics(names)


@pytest.mark.parametrize(
    "row", [row for row in METRICS.values() if row.why_unavailable() is None], ids=lambda x: x.name
)
def test_the_direction_of_a_metric_is_that_of_its_row(row) -> None:
    reference = smooth_pixels(40, 50)
    near, far = reference // 8 * 8, random_pixels(40, 50)
    better, worse = row.score(near, reference), row.score(far, reference)
    assert better > worse if row.better == "higher" else better < worse
