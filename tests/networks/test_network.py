import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from support.networks import network, unet

from arllie_deploy import ArllieError
from arllie_deploy.export.networks.formats import FORMATS
from arllie_deploy.export.networks.module import find_function, load_module, run_module
from arllie_deploy.export.networks.pipeline import NetworkJob
from arllie_deploy.networks.limits import Limits
from arllie_deploy.networks.network import Network, sha256_of


@pytest.mark.parametrize(
    "looser", [{"fp32_max_abs": 1.1e-4}, {"fp16_db": 49.0}, {"int8_db": 34.9}, {"int8_lost_db": 0.31}]
)
def test_a_looser_limit_is_refused(looser: dict[str, float]) -> None:
    with pytest.raises(ArllieError, match=r"is looser than .*; it may only be tightened"):
        Limits(**looser)


def test_a_limit_that_is_no_number_is_refused() -> None:
    with pytest.raises(ArllieError, match="looser"):
        Limits(int8_db=float("nan"))


def test_a_tighter_limit_crosses_a_process_boundary(tmp_path: Path) -> None:
    made = network("raw_to_rgb", tmp_path, limits=Limits(int8_db=40.0), metric="support.networks:metric")
    assert Network.from_json(json.loads(json.dumps(made.to_json()))) == made


@pytest.mark.parametrize("size", [(33, 32), (32, 6), (0, 32)])
def test_a_size_that_the_network_does_not_take_is_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    with pytest.raises(ArllieError, match="multiples of 2 and at least 8"):
        network("unet", tmp_path).check_size(size)


def test_the_nearest_size_that_it_takes_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="got 1919x7; try 1920x8"):
        network("unet", tmp_path).check_size((1919, 7))


def test_a_factory_in_train_mode_gives_a_module_in_eval_mode(tmp_path: Path) -> None:
    made = network("unet", tmp_path)
    loaded, direct = load_module(made), unet(8)
    assert not any(part.training for part in loaded.modules())
    direct.load_state_dict(loaded.state_dict())
    frame = np.random.default_rng(0).random((1, 3, 16, 16), dtype=np.float32)
    assert np.array_equal(run_module(loaded, frame), run_module(direct.eval(), frame))
    assert np.abs(run_module(loaded, frame) - run_module(direct.train(), frame)).max() > 1e-2


def test_half_precision_weights_are_widened(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    made = network("raw_to_rgb", tmp_path)
    exact = load_module(made).state_dict()
    save_file({key: value.half() for key, value in exact.items()}, made.weights)
    loaded = load_module(replace(made, sha256=sha256_of(made.weights))).state_dict()
    assert all(value.dtype == torch.float32 for value in loaded.values())
    assert all(torch.allclose(loaded[key], exact[key], atol=1e-3) for key in exact)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    made = network("unet", tmp_path)
    with pytest.raises(ArllieError, match="not the weights of unet"):
        load_module(replace(made, sha256="0" * 64))
    with pytest.raises(ArllieError, match="no such weights file"):
        load_module(replace(made, weights=tmp_path / "none"))


def test_weights_of_another_width_are_refused_with_the_first_that_does_not_fit(tmp_path: Path) -> None:
    made = network("unet", tmp_path)
    with pytest.raises(ArllieError, match=r"do not fit support.networks:unet: size mismatch for stem.0.weight"):
        load_module(replace(made, arguments={"width": 4}))


@pytest.mark.parametrize("reference", ["nowhere:make", "support.networks:nothing", "support.networks", ":", ""])
def test_a_name_of_no_function_is_refused(reference: str) -> None:
    with pytest.raises(ArllieError, match="names no function"):
        find_function(reference)


def test_a_precision_that_the_format_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="ncnn of a network has no precision 'int8'; it has fp32, fp16"):
        NetworkJob(network("unet", tmp_path), FORMATS["ncnn"], "ncnn-cpu", "int8", (32, 32), [])


def test_listing_networks_and_formats_loads_no_converter() -> None:
    heavy = {"torch", "onnx", "litert_torch", "ai_edge_quantizer", "ncnn", "pnnx"}
    program = (
        "import sys, arllie_deploy.networks.network; from arllie_deploy.export.networks import formats, pipeline; "
        f"print(sorted({heavy} & {{*sys.modules}}))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
