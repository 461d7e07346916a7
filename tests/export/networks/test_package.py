from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from support.networks import FACTORIES, network, packaged_ladder
from torch import nn

from arllie_deploy.errors import ArllieError, CheckFailedError
from arllie_deploy.export.networks.context import measure_context
from arllie_deploy.export.networks.graph import weightless_graph
from arllie_deploy.export.networks.module import load_module, run_module
from arllie_deploy.export.networks.package import described, package
from arllie_deploy.networks import network_file
from arllie_deploy.networks.network_file import load_graph

# torch's exporter and what it imports warn about themselves.
pytestmark = pytest.mark.filterwarnings("ignore")


def test_the_graph_is_small_and_holds_no_weight(tmp_path: Path) -> None:
    graph, weights = load_graph(packaged_ladder())
    assert len(graph) < 20_000
    assert set(weights) == set(load_module(packaged_ladder()).state_dict())
    assert weights["strength"].shape == ()
    kernel = weights["stem.weight"]
    assert kernel.tobytes()[:16] not in graph
    # Other weights of the same structure have the same graph.
    other = replace(network("ladder", tmp_path), license="other")
    assert weightless_graph(other).SerializeToString(deterministic=True) == graph


def test_the_figures_are_those_of_the_structure() -> None:
    figures = packaged_ladder().figures
    assert figures is not None
    width = 6
    convolutions = {
        "stem": 27 * width,
        "down": 9 * width * width / 4 + 9 * width / 16,
        "lateral": width * width / 16,
        "up": 9 * 2 * width * width / 4 + 9 * 2 * width * width,
        "last": 27 * width,
    }
    assert figures.macs_per_pixel == sum(convolutions.values())
    assert figures.parameters == sum(values.numel() for values in load_module(packaged_ladder()).parameters())


def test_the_context_is_all_that_a_pixel_looks_at_and_not_more() -> None:
    made = packaged_ladder()
    assert made.figures is not None
    context = made.figures.context
    assert context is not None
    module, edge = load_module(made).double(), 64
    frame = np.random.default_rng(0).random((1, 3, 8, 128))
    changed = frame.copy()
    changed[..., :edge] = 1 - changed[..., :edge]
    different = np.nonzero(np.any(run_module(module, frame) != run_module(module, changed), (0, 1, 2)))[0]
    assert edge + context - made.alignment <= different.max() < edge + context


def test_a_network_that_looks_at_the_whole_frame_has_no_context(tmp_path: Path) -> None:
    made = network("unet", tmp_path)
    assert measure_context(load_module(made), made) is None
    pointwise = replace(made, alignment=1)
    assert measure_context(nn.Conv2d(3, 3, 1), pointwise) == 0
    assert measure_context(nn.Conv2d(3, 3, 5, padding=2), pointwise) == 2


def test_a_module_that_computes_with_its_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckFailedError, match=r"support\.networks:unet: stem\.0\.weight .* does not reach the graph"):
        package(network("unet", tmp_path), tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()


def test_weights_of_another_width_are_refused(tmp_path: Path) -> None:
    narrow = network("ladder", tmp_path, arguments={"width": 4})
    with pytest.raises(ArllieError, match=r"the weights do not fit support\.networks:ladder: size mismatch for stem"):
        package(replace(narrow, arguments={"width": 6}), tmp_path / "out.safetensors")


def test_a_file_is_packaged_again_to_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_file, "FACTORIES", FACTORIES)
    torch.manual_seed(1)
    assert package(packaged_ladder(), tmp_path / "again.safetensors").sha256 == packaged_ladder().sha256


def test_facts_from_the_shell_have_defaults_and_are_checked(tmp_path: Path) -> None:
    made = network("ladder", tmp_path)
    facts = {"name": "n", "factory": made.factory, "license": "MIT", "alignment": 4, "limits": {"int8_db": 40.0}}
    found = described(facts, made.weights)
    assert (found.alignment, found.limits.int8_db, found.sha256, found.channels) == (4, 40.0, made.sha256, 3)
    for wrong in ({**facts, "unknown": 1}, {"name": "n"}):
        with pytest.raises(ArllieError, match="the facts of the network do not fit"):
            described(wrong, made.weights)
