"""The weights that a network's training starts from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from arllie_deploy.errors import ArllieError
from arllie_deploy.model_file import read_arrays
from arllie_deploy.models import find_any
from arllie_deploy.networks.network import Network


def load_start(name_or_path: str) -> dict[str, Tensor]:
    """The weights of a shipped network, or of a file of a network in its form for inference.

    Raises:
        ArllieError: if there is no such network, or its file is damaged.
    """
    arrays = read_arrays(_find(name_or_path)).items()
    # A packaged network holds its graph, too, as bytes.
    return {name: torch.from_numpy(values.astype(np.float32)) for name, values in arrays if values.dtype.kind == "f"}


def _find(name_or_path: str) -> Path:
    path = Path(name_or_path)
    if path.is_file():
        return path
    found = find_any(name_or_path)
    if not isinstance(found, Network):
        raise ArllieError(f"network.start: {name_or_path} is a one-layer model and not a network of many layers")
    return found.weights
