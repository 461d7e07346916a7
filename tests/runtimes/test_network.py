from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.networks import FACTORIES, network, packaged_ladder
from support.picture_files import random_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.networks.module import load_module, run_module
from arllie_deploy.frames import to_frame, to_unit
from arllie_deploy.model_file import NETWORK_KEY, read_arrays, read_header, write_model_file
from arllie_deploy.networks import network_file
from arllie_deploy.networks.network_file import GRAPH_NAME
from arllie_deploy.runtimes.base import OpenedModel
from arllie_deploy.runtimes.network import ROW, NetworkReference, OpenedNetwork, OpenedPlanes


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_frame_of_any_size_is_what_the_module_makes_of_it(dtype: type) -> None:
    opened = OpenedNetwork(packaged_ladder(), 1)
    frame = random_pixels(21, 34, dtype)
    mirrored = np.pad(to_unit(frame), ((0, 3), (0, 2), (0, 0)), mode="reflect")
    module = load_module(packaged_ladder()).double()
    exact = np.moveaxis(run_module(module, np.ascontiguousarray(np.moveaxis(mirrored, 2, 0)[None]))[0], 0, 2)[:21, :34]
    assert np.abs(opened.run(frame).astype(int) - to_frame(exact, dtype).astype(int)).max() <= 1
    assert opened.run(frame).dtype == dtype
    assert np.abs(NetworkReference(packaged_ladder(), 1).reference(to_unit(frame)) - exact).max() <= 1e-5


def test_it_is_an_opened_model_that_says_what_it_looks_at() -> None:
    opened: OpenedModel = OpenedNetwork(packaged_ladder(), 3)
    assert isinstance(opened, OpenedPlanes)
    assert (opened.threads, opened.size, opened.layout) == (3, None, "NCHW")
    assert opened.executed_by == "onnxruntime on the CPU"


def test_weights_of_another_width_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_file, "FACTORIES", FACTORIES)
    other = read_arrays(network("ladder", tmp_path, arguments={"width": 4}).weights)
    graph = read_arrays(packaged_ladder().weights)[GRAPH_NAME]
    _, header = read_header(packaged_ladder().weights)
    write_model_file(tmp_path / "mixed.safetensors", NETWORK_KEY, header, {**other, GRAPH_NAME: graph})
    with pytest.raises(ArllieError, match=r"mixed.safetensors: its weights do not fit its graph"):
        ROW.open(tmp_path / "mixed.safetensors", 1)


@pytest.mark.parametrize("changes", [{"color": "RGGB"}, {"raw": "camera-srgb"}, {"output_color": "Y"}])
def test_what_makes_no_pictures_of_pictures_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ArllieError, match="no frames of pictures"):
        OpenedNetwork(replace(packaged_ladder(), **changes), 1)
