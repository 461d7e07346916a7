from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.commands import run_program
from support.enhancers import random_enhancer
from support.pictures import make_pairs, scene
from support.recipes import write_quantized_recipe
from support.training import train_here

from arllie_deploy import ArllieError, Enhancer
from arllie_deploy.enhancer_file import load, save
from arllie_deploy.frames import to_frame, to_unit
from arllie_deploy.models import find_fixed_model
from arllie_deploy.pictures import read_picture
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.training.data import find_pairs_to_learn, split_by_scene
from arllie_deploy.training.loop import Progress, Trained
from arllie_deploy.training.quantized import QuantizedNetwork
from arllie_deploy.training.quantized_weights import LARGEST, quantize
from arllie_deploy.training.recipe_file import read_recipe


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pairs(tmp_path_factory.mktemp("pairs"))


def run(data: Path, out: Path, *changes: tuple[str, str], stop_at: int | None = None, **options: Any) -> Trained[Any]:
    recipe = read_recipe(write_quantized_recipe(out.parent / f"{out.name}.toml", *changes))

    def report(now: Progress) -> None:
        if now.step == stop_at:
            raise InterruptedError

    return train_here(recipe, data, out, report, **options)


def start_that_rounding_hurts(path: Path) -> Enhancer:
    """A gain of 7 made of large weights that cancel, so that 8 bits leave steps of a third."""
    kernel = np.zeros((3, 3, 3, 3), np.float32)
    for channel in range(3):
        kernel[channel, channel, 1, 1] = 41.3
        kernel[channel, channel, 1, 0] = kernel[channel, channel, 1, 2] = -17.15
        kernel[channel, :, 0, 0] += 0.12
        kernel[channel, :, 2, 2] -= 0.14
    start = Enhancer("steep", kernel, np.full(3, 0.01, np.float32), "plain", license="CC0-1.0")
    save(start, path)
    return start


def held_out_psnr(enhancer: Enhancer, pairs: Path) -> float:
    samples = split_by_scene(find_pairs_to_learn(pairs), pairs, 0.2, seed=0).validation
    frames = [(read_picture(s.low).pixels, read_picture(s.high).pixels) for s in samples if s.high is not None]
    return float(np.mean([psnr(enhancer.enhance(low), high) for low, high in frames]))


def rounded(start: Enhancer, weights: str) -> Enhancer:
    return replace(start, kernel=quantize(start.kernel, weights).kernel)


def test_fine_tuning_beats_rounding_where_rounding_hurts(pairs: Path, tmp_path: Path) -> None:
    start = start_that_rounding_hurts(tmp_path / "steep.safetensors")
    change = ('"arllie-plain-lol"', repr(str(tmp_path / "steep.safetensors")))
    trained = run(pairs, tmp_path / "run", change, ("steps = 20", "steps = 100"), ("1e-3", "1e-2"))
    before = held_out_psnr(rounded(start, "int8"), pairs)
    assert trained.validation.psnr_db is not None
    assert trained.validation.psnr_db > before + 0.5
    assert held_out_psnr(trained.enhancer, pairs) == pytest.approx(trained.validation.psnr_db, abs=0.01)


@pytest.mark.parametrize("rate", ["0.0", "1e3"])
def test_the_result_is_never_worse_than_rounding(rate: str, pairs: Path, tmp_path: Path) -> None:
    trained = run(pairs, tmp_path / "run", ("1e-3", rate))
    start = rounded(find_fixed_model("arllie-plain-lol"), "int8")
    assert trained.best_step == 0
    assert trained.enhancer == start


@pytest.mark.parametrize("epilogue", ["plain", "residual"])
def test_training_sees_the_frames_of_the_integer_model(epilogue: str) -> None:
    start = random_enhancer(epilogue)
    frame = scene(1)
    y = torch.from_numpy(np.moveaxis(to_unit(frame), 2, 0)[None].astype(np.float32))
    with torch.no_grad():
        seen = np.moveaxis(QuantizedNetwork(start, "int8")(y).enhanced[0].numpy(), 0, 2)
    expected = rounded(start, "int8").reference(to_unit(frame))
    if epilogue == "plain":
        expected = to_unit(to_frame(expected, np.uint8))
    different = np.abs(seen - expected) > 1e-5
    assert different.mean() < 1e-3  # only where float32 and float64 round to different levels


@pytest.mark.parametrize("weights", LARGEST)
def test_the_model_lies_on_the_grid_that_it_names(weights: str, pairs: Path, tmp_path: Path) -> None:
    enhancer = run(pairs, tmp_path / "run", ('"int8"', f'"{weights}"'), ("1e-3", "1e-2")).enhancer
    found = enhancer.provenance["quantization"]
    assert found["weights"] == weights
    assert found["start_sha256"] == find_fixed_model("arllie-plain-lol").sha256
    steps = enhancer.kernel.astype(np.float64) / np.array(found["scales"])[:, None, None, None]
    assert np.abs(steps - np.rint(steps)).max() < 1e-2
    assert np.array_equal(np.rint(steps), quantize(enhancer.kernel, weights).integers)
    assert not np.array_equal(enhancer.kernel, rounded(find_fixed_model("arllie-plain-lol"), weights).kernel)
    save(enhancer, tmp_path / "model.safetensors")
    assert load(tmp_path / "model.safetensors").provenance == enhancer.provenance


@pytest.mark.parametrize("member", ["arllie-lol", "arllie-direct-lol"])
def test_other_forms_keep_their_epilogue_and_constants(member: str, pairs: Path, tmp_path: Path) -> None:
    start = find_fixed_model(member)
    enhancer = run(pairs, tmp_path / "run", ("arllie-plain-lol", member)).enhancer
    assert (enhancer.epilogue, enhancer.constants, enhancer.license) == (start.epilogue, start.constants, start.license)
    low = to_unit(read_picture(pairs / "low" / "0.png").pixels)
    assert np.abs(enhancer.reference(low) - start.reference(low)).mean() < 0.1


def test_a_stopped_fine_tuning_goes_on_bit_for_bit(pairs: Path, tmp_path: Path) -> None:
    whole = run(pairs, tmp_path / "whole")
    with pytest.raises(InterruptedError):
        run(pairs, tmp_path / "parts", stop_at=13)
    parts = run(pairs, tmp_path / "parts", resume=True)
    assert parts.enhancer == whole.enhancer
    assert parts.best_step == whole.best_step
    assert (tmp_path / "parts" / "log.csv").read_text() == (tmp_path / "whole" / "log.csv").read_text()


def test_an_unknown_start_is_refused(pairs: Path, tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="unknown model 'arllie-plane-lol'; did you mean 'arllie-plain-lol'"):
        run(pairs, tmp_path / "run", ("arllie-plain-lol", "arllie-plane-lol"))


def test_the_command_fine_tunes(pairs: Path, tmp_path: Path) -> None:
    recipe = write_quantized_recipe(tmp_path / "r.toml")
    arguments = ["--recipe", recipe, "--data", pairs, "--out", tmp_path / "out", "--device", "cpu"]
    finished = run_program("train", *arguments, "--skip-pair-check")
    assert finished.status == 0, finished.err
    assert load(tmp_path / "out" / "tiny-int8.safetensors").epilogue == "plain"
