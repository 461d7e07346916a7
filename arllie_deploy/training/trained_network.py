"""What comes of training a general network: the weights of its form for inference, and how to build that."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from arllie_deploy.atomic import write_bytes


@dataclass(frozen=True)
class TrainedNetwork:
    """One network.

    Attributes:
        name: the member's name.
        factory: "module:function" that builds the module without its weights.
        arguments: of the factory; JSON values.
        state: its state dictionary, float32.
        alignment: sides of a frame are multiples of it.
        minimum: the smallest side of a frame.
        channels: of the input.
        scale: sides of the output, in sides of the input.
        color: order of the input's channels.
        output_channels: of the output.
        output_color: the same for the output.
        provenance: how it was trained: recipe, data, seed, steps, scores.
        license: of the weights.
    """

    name: str
    factory: str
    arguments: Mapping[str, Any]
    state: Mapping[str, NDArray[np.float32]]
    alignment: int
    minimum: int
    provenance: Mapping[str, Any]
    license: str
    channels: int = 3
    scale: int = 1
    color: str = "RGB"
    output_channels: int = 3
    output_color: str = "RGB"

    @property
    def sha256(self) -> str:
        """Hash of everything that decides the output: factory, arguments, weights."""
        digest = hashlib.sha256(json.dumps([self.factory, dict(self.arguments)], sort_keys=True).encode())
        for name in sorted(self.state):
            digest.update(f"{name} {self.state[name].shape}\n".encode())
            digest.update(self.state[name].astype("<f4").tobytes())
        return digest.hexdigest()

    def save_weights(self, path: Path) -> None:
        """Write the weights in one step; the same ones give the same bytes."""
        write_bytes(path, save({name: np.ascontiguousarray(value) for name, value in self.state.items()}))
