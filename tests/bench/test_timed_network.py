from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_enhancer
from support.networks import FACTORIES, packaged_ladder, packaged_sad_unet
from support.picture_files import random_pixels

from arllie_deploy.bench.backends import BACKENDS
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.contestant import Settings
from arllie_deploy.bench.protocol import measure
from arllie_deploy.bench.result import model_facts
from arllie_deploy.bench.status import Status
from arllie_deploy.bench.timed_network import OPENER, TimedNetwork
from arllie_deploy.bench.worker import Session
from arllie_deploy.cli.artifacts import artifacts
from arllie_deploy.cli.bench_run import limits_of
from arllie_deploy.errors import ArllieError
from arllie_deploy.export.parity import LIMITS
from arllie_deploy.export.targets import TARGETS
from arllie_deploy.networks import network_file
from arllie_deploy.runtimes.network import NetworkReference

NETWORK = TimedNetwork(packaged_ladder())
FRAMES = [random_pixels(21, 34, seed=seed) for seed in range(2)]
SUBJECT = Subject(NETWORK, FRAMES, 1, (2,))
SETTINGS = Settings(rounds=1, calls=1, least_rounds=1, warm_up_s=0.0)


def test_it_is_judged_against_its_own_graph() -> None:
    y = FRAMES[0] / 255.0
    assert np.array_equal(NETWORK.reference(y), NetworkReference(packaged_ladder(), None).reference(y))
    assert np.abs(NETWORK.enhance(FRAMES[0]) / 255.0 - NETWORK.reference(y)).max() <= 0.5001 / 255


def test_its_limits_are_its_own() -> None:
    limits = limits_of(SUBJECT)
    assert (limits["fp32"].max_abs, limits["fp16"].dark_psnr_db, limits["int8"].dark_psnr_db) == (1e-4, 50.0, 35.0)
    assert limits_of(Subject(random_enhancer(), FRAMES, 1)) == LIMITS


def test_what_it_costs_is_a_fact_of_the_result() -> None:
    facts, figures = model_facts(NETWORK, (34, 21)), NETWORK.figures
    assert (facts.epilogue, facts.parameters) == ("network", figures.parameters)
    assert facts.macs == figures.macs_per_pixel * 36 * 24
    one_layer = model_facts(random_enhancer(), (34, 21))
    assert (one_layer.parameters, one_layer.macs) == (84, 81 * 34 * 21)


def test_only_its_own_runtime_opens_it_on_a_processor() -> None:
    entries = BACKENDS["cpu"].entries(SUBJECT, [])
    assert [(entry.runtime, entry.threads) for entry in entries] == [("onnxruntime", 1), ("onnxruntime", 2)]
    assert all(isinstance(entry, Candidate) and entry.opener == OPENER for entry in entries)


@pytest.mark.parametrize("backend", sorted(BACKENDS))
def test_no_backend_times_our_own_kernel_in_its_place(backend: str) -> None:
    entries = BACKENDS[backend].entries(SUBJECT, [])
    assert entries
    assert {entry.precision for entry in entries} <= limits_of(SUBJECT).keys()
    assert not any("native" in entry.runtime for entry in entries)


def test_a_target_that_carries_no_network_has_no_row(tmp_path: Path) -> None:
    assert artifacts([TARGETS["native-x86-64"]], SUBJECT, ("int8x16",), tmp_path, lambda _: None) == []


def test_a_phone_takes_one_layer_models_only() -> None:
    with pytest.raises(ArllieError, match="on a phone give a one-layer model"):
        _ = SUBJECT.one_layer


def test_a_worker_opens_the_file_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_file, "FACTORIES", FACTORIES)
    opened = Session().open(OPENER, str(packaged_ladder().weights), 1)
    assert opened == {"threads": 1, "executed_by": "onnxruntime on the CPU"}


def test_the_networks_own_file_is_a_measured_row() -> None:
    made = TimedNetwork(packaged_sad_unet())
    subject = Subject(made, [random_pixels(40, 70)], 1)
    entries = BACKENDS["cpu"].entries(subject, [])
    [row] = measure(subject, entries, limits=limits_of(subject), settings=SETTINGS).rows
    assert (row.status, row.reason) == (Status.MEASURED, None)
    assert row.infer_ms is not None
    assert row.infer_ms.p50 > 0.0
    assert row.parity is not None
    assert row.parity.max_abs is not None
    assert row.parity.max_abs <= 1e-5


def test_a_file_that_a_worker_refuses_is_a_failed_row() -> None:
    """In the worker's own process the tests' builders are strangers."""
    entries = BACKENDS["cpu"].entries(Subject(NETWORK, FRAMES, 1), [])
    [row] = measure(SUBJECT, entries, limits=limits_of(SUBJECT), settings=SETTINGS).rows
    assert row.status == Status.FAILED
    assert "is none of this package's" in str(row.reason)
