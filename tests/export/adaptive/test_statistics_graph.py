from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.adaptive_exports import session

from arllie_deploy.export.adaptive.statistics_graph import statistics_model
from arllie_deploy.pictures.night import night_picture
from arllie_deploy.statistics import frame_statistics

pytest.importorskip("onnx", reason="onnx is not installed")

kinds = pytest.mark.parametrize("kind", ["uint8", "uint16"])
opened = cache(lambda kind: session(statistics_model(kind)))


def difference(frame: np.ndarray) -> float:
    result = opened(frame.dtype.name).run(None, {"frame": frame})[0]
    assert result.dtype == np.float32
    return float(np.abs(result - frame_statistics(frame)).max())


def random_frame(kind: str, height: int, width: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    frame = rng.integers(0, np.iinfo(kind).max, (height, width, 3), kind, endpoint=True)
    return frame // frame.dtype.type(rng.integers(1, 30))


@kinds
@given(height=st.integers(1, 500), width=st.integers(1, 500), seed=st.integers(0, 99))
def test_any_frame_has_the_statistics_that_the_model_was_trained_with(
    kind: str, height: int, width: int, seed: int
) -> None:
    assert difference(random_frame(kind, height, width, seed)) <= 1e-6


@kinds
@pytest.mark.parametrize(
    "size", [(1, 1), (3, 5), (1, 5000), (4000, 3), (64, 64), (65, 63), (199, 200), (201, 801), (1080, 1920)]
)
def test_sizes_at_which_steps_or_blocks_change(kind: str, size: tuple[int, int]) -> None:
    assert difference(random_frame(kind, *size, seed=1)) <= 1e-6


@pytest.mark.parametrize("count", range(1, 64))
def test_the_same_samples_are_the_percentiles_for_every_count(count: int) -> None:
    """Halves are rounded to even as Python does it."""
    assert difference(random_frame("uint8", 1, count, seed=count)) <= 1e-6


@kinds
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_constant_frames(kind: str, share: float) -> None:
    level: Any = np.iinfo(kind).max * share
    assert difference(np.full((40, 50, 3), level, kind)) <= 1e-6


def test_the_packaged_picture() -> None:
    assert difference(np.array(night_picture())) <= 1e-6
