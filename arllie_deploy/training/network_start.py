"""The trained networks that a training begins with: what it starts from, and its teacher."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from arllie_deploy.errors import ArllieError
from arllie_deploy.model_file import read_arrays
from arllie_deploy.models import find_any
from arllie_deploy.networks.fitting import load_fitting
from arllie_deploy.networks.network import Network
from arllie_deploy.training.checkpoint import network_state
from arllie_deploy.training.network_recipe import NetworkRun
from arllie_deploy.training.systems import System, find_system


def begin_with(network: nn.Module, system: System, start: str) -> None:
    """Give a training network the function that its recipe names.

    Args:
        network: changed in place.
        system: its row.
        start: a shipped network or a file of a network in its form for inference; or the checkpoint of a run, whose
            averaged weights are taken as they were trained, normalizations and all. Parts that the run's network did
            not have are left as they are if they say nothing at first: names that begin with one of `network.neutral`.

    Raises:
        ArllieError: if there is no such network, its file is damaged, or it does not fit.
    """
    path = Path(start)
    if path.suffix == ".pt":
        _go_on(network, path)
    else:
        system.adopt(network, _weights(path if path.is_file() else _find("network.start", start).weights))


def _go_on(network: nn.Module, path: Path) -> None:
    if not path.is_file():
        raise ArllieError(f"network.start: {path}: no such checkpoint")
    prefix = "average."
    states = {name.removeprefix("student."): value for name, value in network_state(path).items()}
    average = {name.removeprefix(prefix): value for name, value in states.items() if name.startswith(prefix)}
    neutral = tuple(getattr(network, "neutral", ()))
    mine = {name: value for name, value in network.state_dict().items() if name.startswith(neutral)}
    load_fitting(network, {**mine, **average}, f"network.start: {path} is of another network")


def train_only(network: nn.Module, beginnings: Sequence[str]) -> None:
    """Leave every parameter as it is whose name begins with none of these.

    Raises:
        ArllieError: if no name begins with one of them.
    """
    for beginning in beginnings:
        if not any(name.startswith(beginning) for name, _ in network.named_parameters()):
            parts = ", ".join(name for name, _ in network.named_children())
            raise ArllieError(f"network.trained: no part's name begins with {beginning!r}; the parts: {parts}")
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name.startswith(tuple(beginnings)))


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
