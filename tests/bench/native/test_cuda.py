import pytest

from arllie_deploy.bench.native import cuda
from arllie_deploy.bench.statistics import summarize
from arllie_deploy.errors import UnavailableError
from arllie_deploy.native.cuda_driver import Driver


def _has_gpu() -> bool:
    try:
        Driver()
    except UnavailableError:
        return False
    return True


@pytest.mark.skipif(_has_gpu(), reason="there is a GPU here")
def test_without_a_gpu_the_reason_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert cuda.main([]) == 2
    assert "CUDA driver" in capsys.readouterr().err


def test_the_share_of_the_bandwidth_counts_bytes_read_and_written() -> None:
    found = cuda.Measured("a GPU", summarize([0.5]), summarize([0.012]), 4e12)
    assert found.bytes_per_s == pytest.approx(64 * 2 * 1920 * 1080 * 3 / 0.5e-3)
    assert ", 40 % of 4.00 TB/s" in cuda.text("arllie-lol", found)
    assert "p50 12.0 µs" in cuda.text("arllie-lol", found)


@pytest.mark.parametrize("rounds", ["0", "-1", "many"])
def test_no_rounds_are_refused(rounds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cuda.main(["--rounds", rounds])
    assert ended.value.code == 2
    assert "--rounds" in capsys.readouterr().err
