import pytest

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.metrics import METRICS, find_metrics


def test_every_row_is_found_by_its_name() -> None:
    assert all(find_metrics(name) == (row,) and row.name == name for name, row in METRICS.items())


def test_names_keep_their_order_and_count_once() -> None:
    assert [row.name for row in find_metrics("ssim, psnr,ssim,")] == ["ssim", "psnr"]


@pytest.mark.parametrize(
    ("names", "says"),
    [("psrn", "unknown metric 'psrn'; did you mean 'psnr'"), ("x", "known: psnr, ssim"), (" ,", "no metric named")],
)
def test_unknown_names_are_refused(names: str, says: str) -> None:
    with pytest.raises(ArllieError, match=says):
        find_metrics(names)
