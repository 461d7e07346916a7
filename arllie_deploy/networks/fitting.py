"""Loads a network's weights into a torch module, or says in one line what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arllie_deploy.errors import ArllieError


def load_fitting(module: Any, state: Mapping[str, Any], refusal: str) -> None:
    """Load a state dictionary, all of it.

    Args:
        module: a torch module, changed in place.
        state: name -> tensor.
        refusal: how the message begins, for example "lw-isp: the weights do not fit this configuration".

    Raises:
        ArllieError: if a name or a shape is another one; with torch's first complaint.
    """
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        lines = str(error).splitlines()
        raise ArllieError(f"{refusal}: {lines[min(1, len(lines) - 1)].strip()}") from None
