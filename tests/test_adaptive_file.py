from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_adaptive

from arllie_deploy import ArllieError, adaptive_file, enhancer_file
from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.model_file import read_model_file, write_model_file


def load(path: Path) -> AdaptiveEnhancer:
    _, header, arrays = read_model_file(path)
    return adaptive_file.from_contents(path, header, arrays)


@pytest.mark.parametrize("form", ["curve", "plain", "basis"])
def test_a_saved_model_comes_back(form: str, tmp_path: Path) -> None:
    model = replace(random_adaptive(form), provenance={"seed": 3}, license="CC0-1.0")
    adaptive_file.save(model, tmp_path / "m.safetensors")
    first = (tmp_path / "m.safetensors").read_bytes()
    loaded = load(tmp_path / "m.safetensors")
    assert (loaded, loaded.name, loaded.provenance, loaded.license) == (model, "adapting", {"seed": 3}, "CC0-1.0")
    adaptive_file.save(loaded, tmp_path / "m.safetensors")
    assert (tmp_path / "m.safetensors").read_bytes() == first


def change(path: Path, **changes: object) -> Path:
    adaptive_file.save(random_adaptive(), path)
    key, header, arrays = read_model_file(path)
    write_model_file(path, key, {**header, **changes}, arrays)
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "model file version 2, this program reads 1"),
        ({"statistics": ["mean"]}, "of other statistics"),
        ({"sha256": "0" * 64}, "do not match the file's own sha256"),
        ({"epilogue": "plain"}, "do not match"),
        ({"license": None}, "'license' in the model file is of a wrong type (NoneType)"),
    ],
)
def test_a_file_that_says_something_else_is_refused(changes: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(ArllieError) as caught:
        load(change(tmp_path / "m.safetensors", **changes))
    assert message in str(caught.value)
    assert str(tmp_path / "m.safetensors") in str(caught.value)


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    adaptive_file.save(random_adaptive(), path)
    key, header, arrays = read_model_file(path)
    write_model_file(path, key, header, {**arrays, "output_bias": np.full(86, np.nan, np.float32)})
    with pytest.raises(ArllieError, match=r"m\.safetensors: output_bias has values that are not finite"):
        load(path)


def test_missing_arrays_are_named(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    adaptive_file.save(random_adaptive(), path)
    key, header, arrays = read_model_file(path)
    write_model_file(path, key, header, {name: arrays[name] for name in ("mean", "deviation")})
    with pytest.raises(ArllieError, match="not of an adaptive model"):
        load(path)


def test_a_fixed_model_is_wanted_and_an_adaptive_one_given(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    adaptive_file.save(random_adaptive(), path)
    with pytest.raises(ArllieError, match="an adaptive one; give a fixed member"):
        enhancer_file.load(path)
