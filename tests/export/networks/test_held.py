from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.networks import network, packaged_ladder, packaged_lw_isp

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.networks.cut import form_graphs
from arllie_deploy.export.networks.held import HELD
from arllie_deploy.networks.network_file import GRAPH_NAME, STAGE_NAME, TILE_NAME, load_graphs, load_state
from arllie_deploy.runtimes.held import open_held
from arllie_deploy.runtimes.network import OpenedPlanes
from arllie_deploy.runtimes.network_graph import weights_of

# torch's exporter and what it imports warn about themselves.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("head", ["enhancement", "raw"])
def test_the_facts_are_those_of_the_layers(head: str) -> None:
    made = packaged_lw_isp(head)
    assert made.figures is not None
    assert made.figures.context is None
    held = made.held
    assert held is not None
    assert held.context == 112
    assert [stage.channels for stage in held.stages] == [4, 8, 16, 32, 64]
    assert [stage.stride for stage in held.stages] == [2, 2, 2, 2, 1]
    # Three 3×3 layers; then 5×5 and two 3×3 layers, in whole pairs; at last 5×5 and one.
    assert [3, 4, 4, 4, 3] <= [stage.context for stage in held.stages] <= [4, 6, 6, 6, 3]
    assert 0.9 < held.pixel_bytes / made.figures.pixel_bytes < 1.1


def test_the_graphs_are_small_and_name_the_weights_that_they_use() -> None:
    made = packaged_lw_isp("enhancement")
    assert made.held is not None
    names = [GRAPH_NAME, TILE_NAME, *(STAGE_NAME.format(index) for index in range(len(made.held.stages)))]
    graphs, weights = load_graphs(made, names)
    assert sum(map(len, graphs)) < 120_000
    used = [set(weights_of(graph, weights)) for graph in graphs]
    assert used[0] == set(weights) == set(load_state(made))
    # A tile knows the means of the deepest stage already; the others are for their own map alone.
    assert {name[:2] for name in used[0] - used[1]} == {"a4", "d5"}
    assert [{name.split(".")[0] for name in each} for each in used[2:]] == [
        {"d0", "d1"},
        {"a1", "d2"},
        {"a2", "d3"},
        {"a3", "d4"},
        {"a4", "d5"},
    ]


@pytest.mark.parametrize("head", ["enhancement", "raw"])
def test_a_frame_held_by_its_means_is_the_frame(head: str) -> None:
    made = packaged_lw_isp(head)
    opened = open_held(made, 1)
    assert opened is not None
    frame = np.random.default_rng(0).random((1, made.channels, 48, 80), dtype=np.float32)
    values, found, taken = np.zeros((1, opened.facts.size, 1, 1), np.float32), frame, 0
    for index, stage in enumerate(opened.facts.stages):
        found = opened.stage(index, found, values)
        values[:, taken : taken + stage.channels] = found.mean((2, 3), keepdims=True)
        taken += stage.channels
    output = opened.tiles(values).infer(frame)
    assert output.shape == (1, 3, 48 * made.scale, 80 * made.scale)
    assert np.abs(output - OpenedPlanes(made, 1).infer(frame)).max() < 1e-5
    assert np.abs(opened.tiles(values / 2).infer(frame) - output).max() > 1e-3


def test_a_network_without_a_held_form_has_no_such_graphs(tmp_path: Path) -> None:
    made = packaged_ladder()
    assert made.held is None
    assert open_held(made, 1) is None
    assert form_graphs(HELD, network("unet", tmp_path), {}) is None


def test_a_file_that_lacks_its_graphs_says_how_to_get_them() -> None:
    without = replace(packaged_ladder(), held=packaged_lw_isp("raw").held)
    with pytest.raises(ArllieError, match=r"holds weights without arllie-tile\.onnx; package it with"):
        open_held(without, 1)
