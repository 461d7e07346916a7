"""The trained networks that a training begins with: what it starts from, and its teacher."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from arllie_deploy.errors import ArllieError
from arllie_deploy.model_file import read_arrays
from arllie_deploy.models import find_any
from arllie_deploy.networks.network import Network
from arllie_deploy.training.network_recipe import NetworkRun
from arllie_deploy.training.systems import find_system


def load_start(name_or_path: str) -> dict[str, Tensor]:
    """The weights of a shipped network, or of a file of a network in its form for inference.

    Raises:
        ArllieError: if there is no such network, or its file is damaged.
    """
    path = Path(name_or_path)
    return _weights(path if path.is_file() else _find("network.start", name_or_path).weights)


def load_teaching(recipe: NetworkRun) -> tuple[nn.Module, nn.Module]:
    """The teacher that a recipe names, and what its student is guided by; see `systems.Teaching`.

    Raises:
        ArllieError: if there is no such network, its file is damaged, or it is not this student's teacher.
    """
    teaching, arguments, terms = find_system(recipe.network.system).teaching, recipe.network.arguments, recipe.teacher
    assert teaching is not None
    network = _find("teacher.file", terms.file)
    teacher = teaching.teacher(arguments, network.arguments, _weights(network.weights))
    return teacher, teaching.guidance(arguments, terms.features, terms.reconstruction)


def _weights(path: Path) -> dict[str, Tensor]:
    # A packaged network holds its graph, too, as bytes.
    arrays = read_arrays(path).items()
    return {name: torch.from_numpy(values.astype(np.float32)) for name, values in arrays if values.dtype.kind == "f"}


def _find(key: str, name_or_path: str) -> Network:
    found = find_any(name_or_path)
    if not isinstance(found, Network):
        raise ArllieError(f"{key}: {name_or_path} is a one-layer model and not a network of many layers")
    return found
