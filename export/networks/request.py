"""What a network's writer is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.networks.network import Network


@dataclass(frozen=True)
class NetworkRequest:
    """Write `network` for `target`.

    Attributes:
        network: the network.
        target: the target's name.
        precision: "fp32", "fp16" or "int8", one of the format's.
        files: size (width, height) -> main file: one per size, or the same one for all where it is dynamic. Sidecars go
            beside it, their names beginning with its stem.
        dynamic: whether there is one file for every size.
        accelerator: the target's.
        delegate: whose list of operators the artifact is held to; None: nobody's.
        frame_sizes: size of a file -> (width, height) of the frames that it is for, where the caller pads them.
        calibration: frames (1, channels, height, width) float32, whose ranges int8 is made for; of the sizes `judged`.
        percentile: as in `Calibration`.
        judged: sizes at which the artifact is held to every frame; at all others to one.
        floats: folder of what was made of the network in float for other jobs of the command; None: no folder.
    """

    network: Network
    target: str
    precision: str
    files: Mapping[tuple[int, int], Path]
    dynamic: bool
    accelerator: str = "cpu"
    delegate: str | None = None
    calibration: Sequence[NDArray[np.float32]] = ()
    percentile: float = 100.0
    judged: Sequence[tuple[int, int]] = ()
    frame_sizes: Mapping[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    floats: Path | None = None

    @property
    def distinct_files(self) -> dict[Path, tuple[int, int] | None]:
        """Each file once, with its size, None where it serves every one."""
        return {path: None if self.dynamic else size for size, path in self.files.items()}
