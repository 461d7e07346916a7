"""An adaptive model with a basis as constant filters that per-frame factors mix: what integer accelerators can run.

z = clamp(Σ_j scale_j · (filter_j ∗ (exposure · y)) + offset, 0, 1), K filters per output channel. The filters span what
the basis spans, so the function is the model's; which filters of that span is chosen for integers: the principal ones
of the kernels that dark frames get, so that one of them carries nearly all and rounding the others costs little. The
exposure brings every frame to one range before anything is rounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.adaptive import AdaptiveEnhancer, arrays_of
from arllie_deploy.conditioning import BIAS_VALUES, Head, hidden_layer, output_layer
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import to_unit
from arllie_deploy.statistics import frame_statistics

Float64 = NDArray[np.float64]

# Eighths, so that 8 bits hold an exposure exactly; a frame that needs more gets the rest from the scales.
EXPOSURE_STEP, LEAST_EXPOSURE, LARGEST_EXPOSURE = 0.125, 1.0, 127 * 0.125
# Each calibration frame is seen half a stop darker and brighter too: a few pictures are not all that there is.
_LIGHT = (0.7, 1.0, 1.4)
# Filters after the first take this share of the range of values: they are small terms of the sum.
_SHARE_OF_LATER = 0.5
_RANGE_PERCENTILE = 99.9
_PIXEL_STRIDE = 7


@dataclass(frozen=True, eq=False)
class Condition:
    """One frame that ranges are taken from: `patches` (pixels, 27) under the kernel, `weights` (K, 3), `bias` (3,)."""

    patches: Float64
    weights: Float64
    bias: Float64


@dataclass(frozen=True, eq=False)
class Factors:
    """What the graph of a frame is given beside it: `exposure`, `scales` (3·K,), `offsets` (3,)."""

    exposure: float
    scales: Float64
    offsets: Float64


@dataclass(frozen=True, eq=False)
class Mixing:
    """The filters, and how the basis's weights become theirs.

    Attributes:
        filters: (3·K, 3, 3, 3) float64; filter 3·j + o is the j-th one of output channel o.
        transform: (3, K, K): output channel, filter, basis kernel; to the weights in the sum, times the exposure.
        magnified: (K,) how many times a term is too large when it is rounded; the sum takes it that much smaller.
    """

    filters: Float64
    transform: Float64
    magnified: Float64

    def factors(self, basis: Any, weights: Float64, bias: Float64) -> Factors:
        """The graph's factors for one frame's weights (K, 3) of the basis."""
        exposure = exposure_of(_kernel(basis, weights))
        scales = np.einsum("j,ojk,ko->jo", self.magnified, self.transform, weights) / exposure
        return Factors(exposure, scales.ravel(), bias)


def mixed_weights(model: AdaptiveEnhancer, statistics: Float64) -> tuple[Float64, Float64]:
    """The weights (K, 3) of the basis's kernels for a frame with these statistics, and the bias (3,).

    Where the bounds of `conditioning` bind they are kept by the smallest change of the weights that keeps them, not of
    the center taps, which the basis does not span. On pictures they do not bind.
    """
    head = Head(**{name: array.astype(np.float64) for name, array in arrays_of(model.head).items()})
    hidden = hidden_layer(head, statistics[None])
    outputs = (hidden @ head.output_weight.T + head.output_bias)[0]
    made = output_layer(head, hidden, np)
    weights = outputs[: outputs.size - BIAS_VALUES].reshape(-1, 3)
    moved = (made.kernel[0] - _kernel(head.basis, weights))[:, :, 1, 1]
    return weights + np.einsum("oki,oi->ko", corrections(head.basis), moved), made.bias[0]


def mixed_enhancer(model: AdaptiveEnhancer, statistics: Float64) -> Enhancer:
    """The one-layer model that the mixed filters are for a frame: `model.condition` within what the basis spans."""
    weights, bias = mixed_weights(model, statistics)
    kernel = _kernel(model.head.basis, weights).astype(np.float32)
    return Enhancer(model.name, kernel, bias.astype(np.float32), "plain", license=model.license)


def corrections(basis: Any) -> Float64:
    """(3, K, 3): the change of an output channel's weights that changes its mix of input channels by one.

    Raises:
        ArllieError: if the kernels of an output channel mix the colors in fewer than three independent ways.
    """
    # From weights to how much of each input channel there is: (output, input, K).
    mixing = np.moveaxis(np.asarray(basis, np.float64).sum((-2, -1)), 0, -1)
    if min(np.linalg.matrix_rank(each) for each in mixing) < 3:
        few = "its basis has fewer than 3 independent kernels, too few to keep the bounds; train one with 3 or 4"
        raise ArllieError(f"the model has no form with constant filters: {few}")
    return np.stack([np.linalg.pinv(each) for each in mixing])


def exposure_of(kernel: Float64) -> float:
    """The mean response to gray, rounded to what 8 bits hold."""
    steps = np.rint(kernel.sum() / 3.0 / EXPOSURE_STEP)
    return float(np.clip(steps * EXPOSURE_STEP, LEAST_EXPOSURE, LARGEST_EXPOSURE))


def conditions(model: AdaptiveEnhancer, frames: Sequence[NDArray[np.uint8]]) -> list[Condition]:
    """What the model does with frames (height, width, 3), each in three lights.

    Raises:
        ArllieError: if the model has no basis, or one that cannot keep the bounds, or there is no frame.
    """
    if not frames:
        raise ArllieError("constant filters are chosen for the kernels that dark frames get; give calibration frames")
    if model.head.basis is None:
        named = "give one with a basis, for example arllie-adaptive-int"
        raise ArllieError(
            f"{model.name} makes its kernel anew for every frame, this target needs constant ones; {named}"
        )
    return [_condition(model, frame) for frame in _relit(frames)]


def make_mixing(model: AdaptiveEnhancer, seen: Sequence[Condition], *, largest_exposed: float) -> Mixing:
    """Choose the filters for the kernels that `seen` frames get, all responses in a range of about ±1.

    Args:
        model: with a basis.
        seen: from `conditions`.
        largest_exposed: what exposed frames are cut at.
    """
    basis = np.asarray(model.head.basis, np.float64)
    kernels = len(basis)
    filters = np.empty((kernels, 3, 27))
    for channel in range(3):
        triangle, frame = _orthonormal(basis[:, channel].reshape(kernels, 27))
        exposures = [exposure_of(_kernel(basis, each.weights)) for each in seen]
        coordinates = np.stack([each.weights[:, channel] @ triangle for each in seen]) / np.array(exposures)[:, None]
        _, _, principal = np.linalg.svd(np.concatenate([coordinates, 1e-9 * np.eye(kernels)]))
        chosen = principal @ frame
        filters[:, channel] = chosen * np.where(chosen.sum(axis=1) < 0.0, -1.0, 1.0)[:, None]
    filters /= _largest_responses(basis, filters, seen, largest_exposed)[:, :, None]
    filters[1:] *= _SHARE_OF_LATER
    return with_filters(model, filters.reshape(3 * kernels, 3, 3, 3), seen)


def with_filters(model: AdaptiveEnhancer, filters: Float64, seen: Sequence[Condition]) -> Mixing:
    """The mixing with these filters that comes closest to the model on `seen` frames, in the least-squares sense.

    It is the model exactly where the filters span the basis; where they were rounded to integers, the scales make good
    what can be made good.
    """
    basis = np.asarray(model.head.basis, np.float64)
    kernels = len(basis)
    moment = sum(each.patches.T @ each.patches for each in seen)
    # Taps that flat frames cannot tell apart are told apart by a little white noise.
    factor = np.linalg.cholesky(moment + 1e-6 * np.trace(moment) / 27 * np.eye(27))
    made = filters.reshape(kernels, 3, 27) @ factor
    wanted = basis.reshape(kernels, 3, 27) @ factor
    solved = [np.linalg.lstsq(made[:, channel].T, wanted[:, channel].T, rcond=None)[0] for channel in range(3)]
    return Mixing(filters, np.stack(solved), np.ones(kernels))


def _largest_responses(basis: Float64, filters: Float64, seen: Sequence[Condition], largest: float) -> Float64:
    """(K, 3): what nearly all responses to exposed frames lie within, at least a little."""
    most = np.full(filters.shape[:2], 1e-3)
    for each in seen:
        exposed = np.minimum(each.patches * exposure_of(_kernel(basis, each.weights)), largest)
        responses = np.abs(exposed @ filters.reshape(-1, 27).T)
        most = np.maximum(most, np.percentile(responses, _RANGE_PERCENTILE, axis=0).reshape(most.shape))
    return most


def _orthonormal(rows: Float64) -> tuple[Float64, Float64]:
    """(triangle, frame) with rows = triangle @ frame, the frame's rows orthonormal."""
    q, r = np.linalg.qr(rows.T)
    return r.T, q.T


def _kernel(basis: Any, weights: Float64) -> Float64:
    kernel: Float64 = np.einsum("ko,koiyx->oiyx", weights, np.asarray(basis, np.float64))
    return kernel


def _relit(frames: Sequence[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    for frame in frames:
        for light in _LIGHT:
            yield np.clip(np.rint(frame * light), 0, 255).astype(np.uint8)


def _condition(model: AdaptiveEnhancer, frame: NDArray[np.uint8]) -> Condition:
    y = to_unit(frame)
    height, width, _ = y.shape
    padded = np.pad(np.moveaxis(y, 2, 0), ((0, 0), (1, 1), (1, 1)))
    shifted = [padded[i, dy : dy + height, dx : dx + width].ravel() for i, dy, dx in np.ndindex(3, 3, 3)]
    weights, bias = mixed_weights(model, frame_statistics(frame))
    return Condition(np.stack([each[::_PIXEL_STRIDE] for each in shifted], axis=1), weights, bias)
