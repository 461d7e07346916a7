"""From a `Network` to its `torch.nn.Module`, always in eval mode. Torch is imported inside the functions."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.networks.network import Network, sha256_of
from arllie_deploy.networks.network_file import load_state

if TYPE_CHECKING:
    from torch import nn

Tensor = NDArray[np.float32]


def load_module(network: Network) -> nn.Module:
    """Build the network and load its weights, as float32 and in eval mode, whichever mode its factory leaves it in.

    Training behavior (batch statistics, dropout) has no place in an artifact, and the reference of the gate is this
    module: what is exported, which comes from here too, and what it is compared with cannot be in different modes.

    Raises:
        ArllieError: if the factory cannot be found, or the weights are other ones or do not fit.
    """
    import torch

    found = sha256_of(network.weights)
    if found != network.sha256:
        raise ArllieError(
            f"{network.weights}: not the weights of {network.name} (sha256 {found[:12]}…, not {network.sha256[:12]}…)"
        )
    module = build_module(network)
    arrays = load_state(network)
    state = {
        name: torch.from_numpy(values.astype(np.float32) if values.dtype.kind == "f" else values)
        for name, values in arrays.items()
    }
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise ArllieError(f"{network.weights}: the weights do not fit {network.factory}: {first}") from None
    return module.float().requires_grad_(False)


def module_to_write(network: Network, precision: str) -> nn.Module:
    """`load_module`, for integers with other weights of the same function, if its system has any.

    A system declares that by a function `balance` of the module beside its factory.
    """
    module, balance = load_module(network), find_balance(network)
    if precision == "int8" and balance is not None:
        balance(module)
    return module


def find_balance(network: Network) -> Callable[[Any], None] | None:
    """What gives a module weights that integers hold better, None where the system has nothing of the kind."""
    found: Callable[[Any], None] | None = getattr(import_module(network.factory.partition(":")[0]), "balance", None)
    return found


def build_module(network: Network) -> nn.Module:
    """The network as its factory makes it, without its weights, in eval mode.

    Raises:
        ArllieError: if the factory cannot be found.
    """
    module: nn.Module = find_function(network.factory)(**network.arguments)
    return module.eval()


def find_function(reference: str) -> Any:
    """The function that "module:function" names.

    Raises:
        ArllieError: if there is none.
    """
    module, _, name = reference.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ArllieError(f"{reference!r} names no function: {error}") from None


def run_module(module: nn.Module, tensor: NDArray[np.floating[Any]]) -> NDArray[Any]:
    """One batch (1, channels, height, width) through a module, in the precision of `tensor`, which it must have too."""
    import torch

    with torch.inference_mode():
        result: NDArray[Any] = module(torch.from_numpy(tensor)).numpy()
    return result
