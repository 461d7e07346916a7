"""How far a network looks: what must surround a tile so that it gives what the whole frame gives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from arllie_deploy.networks.network import Network

if TYPE_CHECKING:
    import torch

_LONGEST = 2048


def measure_context(module: Callable[[torch.Tensor], torch.Tensor], network: Network, stride: int = 1) -> int | None:
    """The `context` of a network's figures; None where it looks at the whole frame.

    What is not a number stays so through every operator, with any weight. One half of a frame is such, up to a multiple
    of the alignment; how far into the other half the output is, too, is how far it looks.

    Args:
        module: in eval mode and float64, where no convolution is computed by a transform of tiles.
        network: of the module.
        stride: sides of the frame in sides of the output, where it is the smaller one.
    """
    import torch

    long = network.aligned(_LONGEST)
    edge = network.aligned(long // 2)
    narrow = network.aligned(1)
    reached = []
    for turned in (False, True):
        frame = torch.zeros(1, network.channels, narrow, long, dtype=torch.float64)
        for half in (slice(0, edge), slice(edge, long)):
            frame.zero_()[..., half] = math.nan
            output = _run(module, frame, turned=turned)
            touched = output.isnan().any(1).any(1)[0].nonzero().flatten()
            first, last = (int(place) * stride // network.scale for place in (touched[0], touched[-1]))
            reached.append(last + stride - edge if half.start == 0 else edge - first)
    farthest = max(0, *reached)
    return None if farthest >= min(edge, long - edge) else -(-farthest // network.alignment) * network.alignment


def _run(module: Callable[[torch.Tensor], torch.Tensor], frame: torch.Tensor, *, turned: bool) -> torch.Tensor:
    """The output, its long side last; with `turned`, columns go through the module as rows."""
    import torch

    with torch.inference_mode():
        result = module(frame.transpose(2, 3) if turned else frame)
    return result.transpose(2, 3) if turned else result
