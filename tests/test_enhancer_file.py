import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save as to_bytes
from support.enhancers import random_enhancer

from arllie_deploy import ArllieError
from arllie_deploy.enhancer_file import load, save
from arllie_deploy.epilogues import EPILOGUES


@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_load_returns_what_was_saved(epilogue: str, tmp_path: Path) -> None:
    enhancer = random_enhancer(epilogue)
    save(enhancer, tmp_path / "m.safetensors")
    loaded = load(tmp_path / "m.safetensors")
    assert loaded == enhancer
    assert (loaded.name, loaded.constants, loaded.license) == (enhancer.name, enhancer.constants, enhancer.license)


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(random_enhancer(), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def saved_with(tmp_path: Path, header: dict[str, Any], **arrays: Any) -> Path:
    """A model file whose header fields and arrays are replaced."""
    path = tmp_path / "m.safetensors"
    enhancer = random_enhancer()
    save(enhancer, path)
    size = int.from_bytes(path.read_bytes()[:8], "little")
    original = json.loads(json.loads(path.read_bytes()[8 : 8 + size])["__metadata__"]["arllie"])
    tensors = {"kernel": enhancer.kernel, "bias": enhancer.bias, **arrays}
    kept = {key: value for key, value in {**original, **header}.items() if value != "removed"}
    path.write_bytes(to_bytes(tensors, {"arllie": json.dumps(kept)}))
    return path


@pytest.mark.parametrize(
    ("header", "arrays", "message"),
    [
        ({"version": 99}, {}, "model file version 99, this program reads 1"),
        ({"epilogue": "removed"}, {}, "has no 'epilogue'"),
        ({"sha256": "0" * 64}, {}, "do not match the file's own sha256"),
        ({}, {"bias": np.ones(3, np.float32)}, "do not match the file's own sha256"),
        ({"epilogue": ["residual"]}, {}, "wrong type"),
        ({"range": 7}, {}, "wrong type"),
        ({"provenance": 5}, {}, "'provenance' in the model file is of a wrong type (int)"),
        ({"structure": 5}, {}, "'structure' in the model file is of a wrong type (int)"),
        ({"license": [1, 2]}, {}, "'license' in the model file is of a wrong type (list)"),
        ({"constants": None}, {}, "'constants' in the model file is of a wrong type (NoneType)"),
        ({"provenance": {"score": float("nan")}}, {}, "header is not JSON"),
        ({}, {"bias": np.full(3, np.inf, np.float32)}, "not finite"),
        ({}, {"extra": np.zeros(1, np.float32)}, "not of a one-layer model"),
    ],
)
def test_refuses_files_that_are_not_whole(
    header: dict[str, Any], arrays: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ArllieError) as caught:
        load(saved_with(tmp_path, header, **arrays))
    assert message in str(caught.value)


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("unpickled"),))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"\xff" * 64,
        pickle.dumps(Bomb()),
        to_bytes({"kernel": np.zeros((3, 3, 3, 3), np.float32)}),
        to_bytes({"kernel": np.zeros(1, np.float32), "bias": np.zeros(1, np.float32)}, {"arllie": "{"}),
        to_bytes({"kernel": np.zeros(1, np.float32), "bias": np.zeros(1, np.float32)}, {"arllie": "[]"}),
        b"\0" * (2 << 20),
    ],
    ids=["empty", "one byte", "garbage", "pickle", "other tensors", "header not JSON", "header a list", "too large"],
)
def test_refuses_other_files(data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.safetensors").write_bytes(data)
    with pytest.raises(ArllieError, match="model"):
        load(tmp_path / "m.safetensors")
    assert not (tmp_path / "unpickled").exists()


def test_refuses_a_truncated_file(tmp_path: Path) -> None:
    save(random_enhancer(), tmp_path / "m")
    whole = (tmp_path / "m").read_bytes()
    for length in range(0, len(whole), 97):
        (tmp_path / "m").write_bytes(whole[:length])
        with pytest.raises(ArllieError):
            load(tmp_path / "m")


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_refuses_what_is_no_file(kind: str, tmp_path: Path) -> None:
    path = tmp_path if kind == "folder" else tmp_path / "none"
    with pytest.raises(ArllieError, match="model file"):
        load(path)
