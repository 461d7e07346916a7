"""A model over a frame part by part, so that the memory it takes does not grow with the picture.

A one-layer model goes over horizontal strips, a network over tiles with as much around them as it looks at.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import COLOR, check_frame
from arllie_deploy.media.parts import Part, finer, strips
from arllie_deploy.media.planes import of_frame
from arllie_deploy.media.tiled import model_of_parts, network_parts
from arllie_deploy.runtimes.base import OpenedModel
from arllie_deploy.runtimes.network import OpenedNetwork, OpenedPlanes

Progress = Callable[[float], None]


def enhance_in_strips(
    model: OpenedModel,
    frame: NDArray[Any],
    *,
    rows: int = 256,
    strength: float = 1.0,
    out: NDArray[Any] | None = None,
    progress: Progress | None = None,
) -> NDArray[Any]:
    """Enhance a frame part by part; each sees as much around it as the model does: the result is the whole frame's.

    Args:
        model: an opened model.
        frame: (height, width, 3) uint8 or uint16, RGB; of a network that fills, (height, width, 4) with a mask of 0 and
            the largest integer. What is 0 there stays as it is.
        rows: the height of a strip; a model of one fixed size gets the whole frame instead, a network tiles.
        strength: s in [0, 1]; the result is (1 − s)·frame + s·enhanced, rounded half up. 1 where the sides grow.
        out: where the result goes, of its shape and dtype and apart from the frame's memory; None makes one.
        progress: called after each part with the done share of the frame, up to 1.0.

    Returns:
        `out`, or a new array: (height, width, 3) of the frame's dtype, the sides times the scale of a network.

    Raises:
        ArllieError: on another shape, size or dtype, one that the model does not take, or values out of range.
    """
    check_frame(frame, model.colors.channels if isinstance(model, OpenedNetwork) else len(COLOR))
    scale, (height, width, _) = scale_of(model), frame.shape
    refuse_strength(strength, scale)
    _check_arguments(frame, (scale * height, scale * width, len(COLOR)), rows, out)
    refuse_dtype(model, frame.dtype)
    _refuse_other_size(model, frame)
    result = np.empty((scale * height, scale * width, len(COLOR)), frame.dtype) if out is None else out
    report = progress or _unheard
    parts, begun, model_of = _parts(model, frame, rows), 0.0, _the_same(model)
    if isinstance(model, OpenedPlanes) and strength > 0.0:
        planes = partial(of_frame, frame, model.network.aligned)
        model_of, begun = model_of_parts(model, parts, planes, report)
    done = 0
    for part in parts:
        result[finer(part.inner, scale)] = _enhance(model_of, frame, part, strength, scale)
        done += part.pixels
        report(begun + (1.0 - begun) * done / (height * width))
    return result


def scale_of(model: OpenedModel) -> int:
    """Sides of what a model gives, in sides of the frame."""
    return model.network.scale if isinstance(model, OpenedPlanes) else 1


def refuse_strength(strength: float, scale: int) -> None:
    """Raise `ArllieError` unless there is such a strength, and what comes out can be mixed with the frame."""
    if not 0.0 <= strength <= 1.0:
        raise ArllieError(f"strength {strength:g}; give a number from 0 (the input) to 1 (the model's output)")
    if scale != 1 and strength != 1.0:
        raise ArllieError(
            f"strength {strength:g}: the output has {scale} times the sides and cannot be mixed with the input; "
            "leave --strength out"
        )


def _the_same(model: OpenedModel) -> Callable[[Part], OpenedModel]:
    return lambda _: model


def _parts(model: OpenedModel, frame: NDArray[Any], rows: int) -> list[Part]:
    height, width, _ = frame.shape
    if isinstance(model, OpenedPlanes):
        return network_parts(model.network, height, width)
    return strips(height, width, height if model.size else rows)


def _unheard(share: float) -> None:
    del share


def refuse_dtype(model: OpenedModel, dtype: np.dtype[Any]) -> None:
    """Raise `ArllieError` unless the model takes frames of `dtype`."""
    if dtype not in model.frame_dtypes:
        takes = " and ".join(sorted(kind.name for kind in model.frame_dtypes))
        raise ArllieError(f"this runtime takes {takes} frames and the picture is {dtype.name}; use --runtime numpy")


def _enhance(
    model_of: Callable[[Part], OpenedModel], frame: NDArray[Any], part: Part, strength: float, scale: int
) -> NDArray[Any]:
    # No mask where a frame has three channels.
    inner, mask = np.split(frame[part.inner], [len(COLOR)], axis=2)
    if strength == 0.0 or (mask.size and not mask.any()):
        return inner
    enhanced = model_of(part).run(np.ascontiguousarray(frame[part.outer]))[finer(part.within, scale)]
    if strength != 1.0:
        # float64: a sum of 16-bit values and 0.5 must not round before it is cut.
        mixed = (1.0 - strength) * inner + strength * enhanced.astype(np.float64)
        enhanced = np.floor(mixed + 0.5).astype(frame.dtype)
    return np.where(mask == 0, inner, enhanced) if mask.size else enhanced


def _check_arguments(frame: NDArray[Any], shape: tuple[int, int, int], rows: int, out: NDArray[Any] | None) -> None:
    if rows < 1:
        raise ArllieError(f"strips of {rows} rows; a strip has at least 1")
    if out is None:
        return
    if out.shape != shape or out.dtype != frame.dtype:
        raise ArllieError(f"out is {out.dtype}{list(out.shape)}, expected {frame.dtype}{list(shape)}")
    if np.may_share_memory(frame, out):
        raise ArllieError("out shares memory with the frame; a strip still needs the rows above it as they were")


def _refuse_other_size(model: OpenedModel, frame: NDArray[Any]) -> None:
    height, width, _ = frame.shape
    if model.size is not None and model.size != (height, width):
        only = f"the model takes only {model.size[1]}×{model.size[0]} frames and this one is {width}×{height}"
        raise ArllieError(f"{only}; scale the picture, or use a model without a fixed size")
