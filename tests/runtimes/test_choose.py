from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.enhancers import random_enhancer

from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.runtimes import RUNTIMES, Runtime, choose, numpy
from arllie_deploy.runtimes.base import OpenedModel, Source
from arllie_deploy.runtimes.choose import find_runtime, open_model

U8, U16 = np.dtype(np.uint8), np.dtype(np.uint16)
ENHANCER = random_enhancer()


def _opening(name: str, *dtypes: np.dtype[Any]) -> Callable[[Source, int | None], OpenedModel]:
    def open_(source: Source, threads: int | None) -> OpenedModel:
        model: Any = numpy.ROW.open(source, threads)
        model.frame_dtypes, model.name, model.threads = frozenset(dtypes), name, threads
        return model

    return open_


def _row(name: str, *dtypes: np.dtype[Any], **changes: Any) -> Runtime:
    return replace(numpy.ROW, name=name, open=_opening(name, *dtypes), **changes)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = (
        _row("files-only", U8, U16, opens=".onnx", opens_enhancer=False),
        _row("missing", U8, U16, module="no_such_module", distribution="no-such", extra="ncnn"),
        _row("eight", U8),
        _row("both", U8, U16),
    )
    monkeypatch.setattr(choose, "RUNTIMES", {row.name: row for row in rows})


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("dtype", "expected"), [(U8, "eight"), (U16, "both")])
def test_auto_is_the_first_that_is_there_and_takes_the_frames(dtype: np.dtype[Any], expected: str) -> None:
    model: Any = open_model(ENHANCER, "auto", 3, dtype)
    assert model.name == expected
    assert model.threads == 3


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("name", "dtype", "says"),
    [
        ("missing", U8, r'no-such is not installed: pip install "arllie-deploy\[ncnn\]"'),
        ("files-only", U8, r"opens exported \.onnx files only; use --runtime auto"),
        ("eight", U16, "does not take uint16 frames; use --runtime numpy"),
        ("bth", U8, "unknown runtime 'bth'; did you mean 'both'"),
        ("zzz", U8, "known: auto, files-only, missing, eight, both"),
    ],
)
def test_a_runtime_that_cannot_be_used_says_what_to_do(name: str, dtype: np.dtype[Any], says: str) -> None:
    with pytest.raises(ArllieError, match=says):
        open_model(ENHANCER, name, None, dtype)


def test_no_runtime_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "RUNTIMES", {})
    with pytest.raises(UnavailableError, match="pip install"):
        open_model(ENHANCER, "auto", None, U8)


def test_the_real_table_takes_both_types() -> None:
    for dtype in (U8, U16):
        frame = np.zeros((4, 5, 3), dtype)
        assert open_model(ENHANCER, "auto", 1, dtype).run(frame).dtype == dtype
    assert find_runtime("numpy") is RUNTIMES["numpy"]


@pytest.mark.parametrize("threads", [0, -1, 257, 10**20])
def test_a_senseless_number_of_threads_is_refused(threads: int) -> None:
    with pytest.raises(ArllieError, match="threads; give 1 to 256"):
        open_model(ENHANCER, "numpy", threads, U8)
