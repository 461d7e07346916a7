from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.networks import network, packaged_ladder, packaged_sad_unet

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.networks.cut import form_graphs
from arllie_deploy.export.networks.mapped import MAPPED
from arllie_deploy.networks.network_file import FIRST_NAME, GRAPH_NAME, MAPS_NAME, TILE_NAME, load_graphs, load_state
from arllie_deploy.runtimes.mapped import open_mapped
from arllie_deploy.runtimes.network import OpenedPlanes
from arllie_deploy.runtimes.network_graph import weights_of

# torch's exporter and what it imports warn about themselves.
pytestmark = pytest.mark.filterwarnings("ignore")


def test_the_facts_are_those_of_the_layers() -> None:
    made = packaged_sad_unet(4)
    assert made.figures is not None
    assert made.figures.context is not None
    mapped = made.mapped
    assert mapped is not None
    # A few pixels, in whole multiples of the alignment; the whole network looks far.
    assert mapped.context == made.alignment == 128
    assert made.figures.context >= 7 * mapped.context
    assert (mapped.first.channels, mapped.first.stride, mapped.first.context) == (4, 4, 4)
    assert mapped.pixel_bytes <= made.figures.pixel_bytes


def test_the_graphs_are_small_and_share_the_weights_among_them() -> None:
    made = packaged_sad_unet(4)
    graphs, weights = load_graphs(made, [GRAPH_NAME, FIRST_NAME, MAPS_NAME, TILE_NAME])
    assert sum(map(len, graphs)) < 120_000
    whole, *parts = (set(weights_of(graph, weights)) for graph in graphs)
    assert whole == set(weights) == set(load_state(made))
    assert set().union(*parts) == whole
    assert parts[0] == {"reduce.weight", "stem.0.weight", "stem.0.bias"}
    assert {name.rsplit(".", 2)[0] for name in parts[2]} == {"extract.cleaning", "extract.denoising"}
    assert not parts[1] & (parts[0] | parts[2])


@pytest.mark.parametrize("reduction", [2, 4])
def test_a_frame_with_its_maps_is_the_frame(reduction: int) -> None:
    made = packaged_sad_unet(reduction)
    opened = open_mapped(made, 1)
    assert opened is not None
    frame = np.random.default_rng(0).random((1, 3, 128, 256), dtype=np.float32)
    maps = opened.maps(opened.first(frame))
    assert maps.shape == (1, 6, 128 // reduction, 256 // reduction)
    output = opened.tile(maps).infer(frame)
    assert np.abs(output - OpenedPlanes(made, 1).infer(frame)).max() < 1e-5
    assert np.abs(opened.tile(maps / 2).infer(frame) - output).max() > 1e-3


def test_a_network_without_a_mapped_form_has_no_such_graphs(tmp_path: Path) -> None:
    for made in (packaged_ladder(), packaged_sad_unet()):
        assert made.mapped is None
        assert open_mapped(made, 1) is None
    assert form_graphs(MAPPED, network("unet", tmp_path), {}) is None


def test_a_file_that_lacks_its_graphs_says_how_to_get_them() -> None:
    without = replace(packaged_ladder(), mapped=packaged_sad_unet(4).mapped)
    with pytest.raises(ArllieError, match=r"holds weights without arllie-tile\.onnx; package it with"):
        open_mapped(without, 1)
