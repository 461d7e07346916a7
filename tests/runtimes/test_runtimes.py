import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.enhancers import random_enhancer

from arllie_deploy import ArllieError, UnavailableError
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.runtimes import RUNTIMES, OpenedModel
from arllie_deploy.runtimes.artifact import check_metadata
from arllie_deploy.runtimes.base import Runtime
from arllie_deploy.runtimes.layout import from_tensor, to_integers, to_tensor

enhancer_runtimes = [name for name, row in RUNTIMES.items() if row.opens_enhancer and row.availability().ok]
# The native kernel computes in integers, which has tests of its own.
float_runtimes = [name for name in enhancer_runtimes if name != "native"]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("epilogue", EPILOGUES)
@pytest.mark.parametrize("name", float_runtimes)
def test_a_frame_comes_out_as_the_reference_makes_it(name: str, epilogue: str, dtype: type) -> None:
    """At most one level apart, and only where the reference is next to a rounding tie."""
    enhancer = random_enhancer(epilogue)
    frame = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (67, 51, 3), dtype, endpoint=True)
    output, expected = RUNTIMES[name].open(enhancer, 1).run(frame), enhancer.enhance(frame)
    assert (output.shape, output.dtype) == (frame.shape, frame.dtype)
    apart = np.abs(output.astype(np.int64) - expected)
    assert apart.max() <= 1
    assert (apart > 0).mean() < (0.001 if dtype is np.uint8 else 0.05)


@pytest.mark.parametrize(
    ("epilogue", "constants"),
    [("residual", {"epsilon": 0.7}), ("direct", {"epsilon": 0.7}), ("curve", {"gain": 0.7, "knee": 2.5})],
)
@pytest.mark.parametrize("name", float_runtimes)
def test_constants_of_the_model_are_honored(name: str, epilogue: str, constants: dict[str, float]) -> None:
    enhancer = replace(random_enhancer(epilogue), constants=constants)
    y = np.random.default_rng(0).random((33, 21, 3))
    opened: OpenedModel = RUNTIMES[name].open(enhancer, 1)
    output = from_tensor(opened.infer(to_tensor(y, opened.layout)), opened.layout)
    assert np.abs(enhancer.reference(y) - random_enhancer(epilogue).reference(y)).max() > 0.05
    np.testing.assert_allclose(output, enhancer.reference(y), atol=1e-5)


@pytest.mark.parametrize("name", enhancer_runtimes)
def test_threads_are_taken_and_read_back(name: str) -> None:
    opened: OpenedModel = RUNTIMES[name].open(random_enhancer(), 1)
    assert opened.threads == 1


@pytest.mark.parametrize("name", RUNTIMES)
def test_what_cannot_be_opened_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "m.bin").write_bytes(b"no artifact")
    if RUNTIMES[name].availability().ok:
        with pytest.raises(ArllieError, match=r"m\.bin"):
            RUNTIMES[name].open(tmp_path / "m.bin", 1)


def test_a_missing_engine_is_named_with_the_command_that_brings_it() -> None:
    def never(source: Any, threads: Any) -> Any:
        raise AssertionError

    row = Runtime("x", "x-engine", "no_such_module", "xtra", ".x", False, never)
    with pytest.raises(UnavailableError, match=r'x-engine is not installed: pip install "arllie-deploy\[xtra\]"'):
        row.require()


GOOD = {"version": 1, "layout": "NCHW", "color": "RGB", "range": [0.0, 1.0]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "holds no arllie metadata"),
        ("{", "not JSON"),
        ("[]", "not of version 1"),
        (json.dumps({**GOOD, "version": 2}), "not of version 1"),
        (json.dumps({**GOOD, "layout": "NHWC"}), "layout is 'NHWC', this runtime feeds 'NCHW'"),
        (json.dumps({**GOOD, "color": "BGR"}), "color is 'BGR'"),
        (json.dumps({**GOOD, "range": [0.0, 255.0]}), "range is [0.0, 255.0]"),
    ],
)
def test_metadata_that_cannot_be_honored_is_refused(text: str | None, message: str) -> None:
    with pytest.raises(ArllieError) as caught:
        check_metadata(text, Path("m"), layout="NCHW")
    assert message in str(caught.value)
    assert check_metadata(json.dumps(GOOD), Path("m"), layout="NCHW") == GOOD


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_layouts_round_trip_every_level(layout: Any, dtype: type) -> None:
    levels = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)
    frame = np.resize(levels, (256, len(levels) // 256 + 1, 3))
    tensor = to_tensor(frame, layout)
    assert tensor.shape == ((1, 3, *frame.shape[:2]) if layout == "NCHW" else (1, *frame.shape))
    assert (to_integers(tensor, layout, dtype) == frame).all()
    assert from_tensor(tensor, layout).shape == frame.shape
