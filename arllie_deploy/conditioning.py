"""The algebra of an adaptive model: from statistics of frames to one bounded 3×3 convolution and tone curve for each.

Only what numpy and torch spell the same way is used, `xp` being the one or the other, so that training and deployment
are one piece of code. All arrays have a leading axis of frames, N.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

# A numpy array or a torch tensor.
Array = Any

KERNEL_VALUES, BIAS_VALUES = 81, 3
KERNEL_OUTPUTS = KERNEL_VALUES + BIAS_VALUES
CURVE_OUTPUTS = KERNEL_OUTPUTS + 2
# A statistic further from the training pictures than this many of their standard deviations counts as this far.
REACH = 3.0
# Every channel answers to itself at least this much, and to another one at most this share of that: the response to
# gray rises everywhere and no color turns into another, whatever the statistics are.
LEAST_DIAGONAL, LARGEST_CROSSTALK = 0.05, 0.4
LARGEST_BIAS = 2.0
# The curve's constants lie within these factors of `GAIN` and `KNEE`.
GAIN, GAIN_FACTOR = 1.5, 2.0
KNEE, KNEE_FACTOR = 0.5, 8.0


@dataclass(frozen=True)
class Head:
    """A perceptron of one hidden layer; H hidden units, S statistics, O outputs.

    Attributes:
        mean: (S,) of the statistics of the training pictures.
        deviation: (S,), positive.
        hidden_weight: (H, S).
        hidden_bias: (H,).
        output_weight: (O, H).
        output_bias: (O,).
        basis: (K, 3, 3, 3, 3) kernels that are mixed, O = 3·K + 3; None where the head gives the kernel itself, O = 84,
            or 86 with a curve.
    """

    mean: Array
    deviation: Array
    hidden_weight: Array
    hidden_bias: Array
    output_weight: Array
    output_bias: Array
    basis: Array | None = None


@dataclass(frozen=True)
class Conditioned:
    """`kernel` (N, 3, 3, 3, 3) and `bias` (N, 3); `gain` and `knee` (N,) where the head gives a curve, else None."""

    kernel: Array
    bias: Array
    gain: Array | None
    knee: Array | None


def hidden_layer(head: Head, statistics: Array) -> Array:
    """(N, S) statistics -> (N, H), zero where a unit is off."""
    standard = ((statistics - head.mean) / head.deviation).clip(-REACH, REACH)
    return (standard @ head.hidden_weight.T + head.hidden_bias).clip(0.0, np.inf)


def output_layer(head: Head, hidden: Array, xp: Any) -> Conditioned:
    """(N, H) -> the bounded convolution and curve of each frame."""
    outputs = hidden @ head.output_weight.T + head.output_bias
    frames = outputs.shape[0]
    if head.basis is not None:
        kernels = head.basis.shape[0]
        scales = outputs[:, : 3 * kernels].reshape(frames, kernels, 3, 1, 1, 1)
        return _bounded((scales * head.basis).sum(1), outputs[:, 3 * kernels :], None, None, xp)
    kernel = outputs[:, :KERNEL_VALUES].reshape(frames, 3, 3, 3, 3)
    bias = outputs[:, KERNEL_VALUES:KERNEL_OUTPUTS]
    if outputs.shape[1] == KERNEL_OUTPUTS:
        return _bounded(kernel, bias, None, None, xp)
    gain = GAIN * xp.exp(_log_bounded(outputs[:, -2], GAIN_FACTOR))
    knee = KNEE * xp.exp(_log_bounded(outputs[:, -1], KNEE_FACTOR))
    return _bounded(kernel, bias, gain, knee, xp)


def _log_bounded(value: Array, factor: float) -> Array:
    limit = float(np.log(factor))
    return value.clip(-limit, limit)


def _bounded(kernel: Array, bias: Array, gain: Array | None, knee: Array | None, xp: Any) -> Conditioned:
    """Move the center taps so far that the channels mix within bounds; the taps around them stay as they are."""
    mixing = kernel.sum((-2, -1))
    diagonal = xp.eye(3)
    own = (mixing * diagonal).sum(-1)[..., None].clip(LEAST_DIAGONAL, np.inf)
    others = xp.maximum(xp.minimum(mixing, LARGEST_CROSSTALK * own), -LARGEST_CROSSTALK * own)
    bounded = own * diagonal + others * (1.0 - diagonal)
    center = xp.zeros((3, 3))
    center[1, 1] = 1.0
    kernel = kernel + (bounded - mixing)[..., None, None] * center
    return Conditioned(kernel, bias.clip(-LARGEST_BIAS, LARGEST_BIAS), gain, knee)
