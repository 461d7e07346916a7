"""How far a network looks: what must surround a tile so that it gives what the whole frame gives."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from arllie_deploy.export.networks.precise import to_precise
from arllie_deploy.networks.network import Network

if TYPE_CHECKING:
    import torch
    from torch import nn

# Sides of the frames, one after the other until no output reaches across half of one.
_LENGTHS = (128, 512, 2048)


def measure_context(module: nn.Module, network: Network) -> int | None:
    """The `context` of a network's figures; None where it looks at the whole frame.

    Args:
        module: in eval mode.
        network: of the module.
    """
    precise = to_precise(module)
    (reach,) = measure_reaches(lambda frame: (precise(frame),), network)
    return None if reach is None else network.alignment * math.ceil(reach / network.alignment)


def measure_reaches(run: Callable[[torch.Tensor], Sequence[torch.Tensor]], network: Network) -> list[int | None]:
    """How far each output looks beyond a multiple of the alignment, in pixels of the frame; None: at the whole of it.

    What is not a number stays so through every operator, with any weight. One half of a frame is such, up to a multiple
    of the alignment; how far into the other half an output is, too, is how far it looks.

    Args:
        run: in float64, where no convolution is computed by a transform of tiles; sides of an output are those of the
            frame times any number.
        network: whose frames it takes.
    """
    found: list[int | None] = []
    for length in _LENGTHS:
        # Two multiples of the alignment at least, one for each half.
        found = _reaches(run, network, network.aligned(max(length, 2 * network.alignment)))
        if None not in found:
            break
    return found


def _reaches(run: Callable[[torch.Tensor], Sequence[torch.Tensor]], network: Network, long: int) -> list[int | None]:
    """The same in frames of one length; None: at half of it or more."""
    import torch

    edge = network.aligned(long // 2)
    narrow = network.aligned(1)
    farthest: list[float] = []
    for turned in (False, True):
        frame = torch.zeros(1, network.channels, narrow, long, dtype=torch.float64)
        for half in (slice(0, edge), slice(edge, long)):
            frame.zero_()[..., half] = math.nan
            with torch.inference_mode():
                outputs = run(frame.transpose(2, 3) if turned else frame)
            found = [
                _reach(output.transpose(2, 3) if turned else output, long, edge, from_left=half.start == 0)
                for output in outputs
            ]
            farthest = [max(*pair) for pair in zip(farthest or [0.0] * len(found), found, strict=True)]
    most = min(edge, long - edge)
    return [None if reach >= most else math.ceil(reach) for reach in farthest]


def _reach(output: torch.Tensor, long: int, edge: int, *, from_left: bool) -> float:
    touched = output.isnan().any(1).any(1)[0].nonzero().flatten()
    step = long / output.shape[3]
    return (int(touched[-1]) + 1) * step - edge if from_left else edge - int(touched[0]) * step
