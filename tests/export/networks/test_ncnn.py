import json
from pathlib import Path

import numpy as np
import pytest
from support.networks import frames, network

from arllie_deploy import ArllieError
from arllie_deploy.export.networks import ncnn
from arllie_deploy.export.networks.engines import open_artifact
from arllie_deploy.export.networks.formats import FORMATS
from arllie_deploy.export.networks.module import load_module, run_module
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.runtimes import RUNTIMES

pytestmark = [
    pytest.mark.skipif(FORMATS["ncnn"].why_unavailable() is not None, reason=str(FORMATS["ncnn"].why_unavailable())),
]


def write_to(folder: Path, kind: str, precision: str = "fp32") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "a.param"
    ncnn.write(NetworkRequest(network(kind, folder.parent), "ncnn-cpu", precision, {(32, 32): path}, True))
    return path


def largest_difference(path: Path, kind: str, height: int, width: int) -> float:
    made = network(kind, path.parent.parent)
    frame = np.ascontiguousarray(frames(made.channels, 1, 64)[0][:, :, :height, :width])
    return float(np.abs(open_artifact(path)[0](frame) - run_module(load_module(made), frame)).max())


@pytest.mark.parametrize("kind", ["unet", "raw_to_rgb", "shuffled"])
def test_one_artifact_serves_every_size(tmp_path: Path, kind: str) -> None:
    path = write_to(tmp_path / "out", kind)
    for height, width in ((32, 32), (8, 42), (50, 22)):
        assert largest_difference(path, kind, height, width) <= 1e-5


def test_nothing_but_the_artifact_is_left_and_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (write_to(tmp_path / name, "unet") for name in ("a", "b"))
    assert sorted(one.name for one in first.parent.iterdir()) == ["a.bin", "a.json", "a.param"]
    for suffix in (".param", ".bin", ".json"):
        assert first.with_suffix(suffix).read_bytes() == second.with_suffix(suffix).read_bytes()


def test_half_precision_halves_the_weights_and_full_precision_is_full(tmp_path: Path) -> None:
    full, half = write_to(tmp_path / "a", "unet"), write_to(tmp_path / "b", "unet", "fp16")
    sizes = [path.with_suffix(".bin").stat().st_size for path in (full, half)]
    assert sizes[1] < 0.7 * sizes[0]
    assert largest_difference(full, "unet", 32, 32) < 1e-6 < largest_difference(half, "unet", 32, 32) < 2e-3


def test_the_side_file_describes_it_to_the_runtime(tmp_path: Path) -> None:
    path = write_to(tmp_path / "a", "unet")
    assert RUNTIMES["ncnn"].open(path, 1).run(np.zeros((16, 24, 3), np.uint8)).shape == (16, 24, 3)
    assert json.loads(path.with_suffix(".json").read_text())["model"] == "unet"


def test_a_layer_that_ncnn_does_not_have_is_named(tmp_path: Path) -> None:
    made = network("sorted_channels", tmp_path)
    with pytest.raises(ArllieError, match=r"ncnn has no layer for .*sort"):
        ncnn.write(NetworkRequest(made, "ncnn-cpu", "fp32", {(32, 32): tmp_path / "a.param"}, True))
    assert not (tmp_path / "a.param").exists()
