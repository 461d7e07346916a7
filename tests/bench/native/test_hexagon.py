"""The HVX kernel as a row of the benchmark, built and executed for real where its tools are."""

from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_enhancer
from support.pictures import darkened, scene

from arllie_deploy.bench.backends import BACKENDS
from arllie_deploy.bench.candidate import Subject
from arllie_deploy.bench.contestant import Settings
from arllie_deploy.bench.native.hexagon import ROW
from arllie_deploy.bench.protocol import measure
from arllie_deploy.bench.status import Status
from arllie_deploy.errors import ArllieError
from arllie_deploy.export.parity import LIMITS
from arllie_deploy.native.hexagon import missing_tools
from arllie_deploy.native.integer import quantize
from arllie_deploy.native.oracle import enhance


@pytest.fixture(autouse=True)
def tools() -> None:
    missing = missing_tools()
    if missing is not None:
        pytest.skip(missing)


def test_the_row_is_emulated_with_its_packets_and_without_a_time() -> None:
    subject = Subject(random_enhancer("curve"), [darkened(scene(seed), seed) for seed in range(2)], 2)
    entry = BACKENDS["dsp"].entries(subject, [])[0]
    measurement = measure(subject, [entry], limits=LIMITS, settings=Settings(rounds=1))
    (row,) = measurement.rows
    assert row.status is Status.EMULATED, row.reason
    assert (row.runtime, row.precision, row.threads) == ("native-hexagon", "int8x16", 1)
    assert "never a device: the HVX kernel for v68" in str(row.executed_by)
    assert row.packets is not None
    assert row.instructions is not None
    assert row.hvx_instructions is not None
    assert row.packets < row.instructions < 4 * row.packets
    assert row.hvx_instructions < row.instructions
    assert row.packets_per_pixel == row.packets / (48 * 40)
    assert row.infer_ms is None
    np.testing.assert_array_equal(measurement.outputs[0], enhance(quantize(subject.enhancer), subject.frames[0]))


def test_it_builds_its_kernel_for_models_only() -> None:
    with pytest.raises(ArllieError, match=r"not for model\.o"):
        ROW.open(Path("model.o"), None)
