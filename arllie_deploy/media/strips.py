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
from arllie_deploy.frames import check_frame
from arllie_deploy.media.parts import Part, strips
from arllie_deploy.media.planes import of_frame
from arllie_deploy.media.tiled import model_of_parts, network_parts
from arllie_deploy.runtimes.base import OpenedModel
from arllie_deploy.runtimes.network import OpenedPlanes

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
        frame: (height, width, 3) uint8 or uint16, RGB.
        rows: the height of a strip; a model of one fixed size gets the whole frame instead, a network tiles.
        strength: s in [0, 1]; the result is (1 − s)·frame + s·enhanced, rounded half up.
        out: where the result goes, of the frame's shape and dtype and apart from its memory; None makes one.
        progress: called after each part with the done share of the frame, up to 1.0.

    Returns:
        `out`, or a new array: the same shape and dtype as the frame.

    Raises:
        ArllieError: on another shape, size or dtype, one that the model does not take, or values out of range.
    """
    check_frame(frame)
    _check_arguments(frame, rows, strength, out)
    refuse_dtype(model, frame.dtype)
    _refuse_other_size(model, frame)
    result = np.empty_like(frame, order="C") if out is None else out
    report = progress or _unheard
    parts, begun, model_of = _parts(model, frame, rows), 0.0, _the_same(model)
    if isinstance(model, OpenedPlanes) and strength > 0.0:
        planes = partial(of_frame, frame, model.network.aligned)
        model_of, begun = model_of_parts(model, parts, planes, report)
    done = 0
    for part in parts:
        result[part.inner] = _enhance(model_of, frame, part, strength)
        done += part.pixels
        report(begun + (1.0 - begun) * done / (frame.shape[0] * frame.shape[1]))
    return result


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


def _enhance(model_of: Callable[[Part], OpenedModel], frame: NDArray[Any], part: Part, strength: float) -> NDArray[Any]:
    inner = frame[part.inner]
    if strength == 0.0:
        return inner
    enhanced = model_of(part).run(np.ascontiguousarray(frame[part.outer]))[part.within]
    if strength == 1.0:
        return enhanced
    # float64: a sum of 16-bit values and 0.5 must not round before it is cut.
    mixed = (1.0 - strength) * inner + strength * enhanced.astype(np.float64)
    return np.floor(mixed + 0.5).astype(frame.dtype)


def _check_arguments(frame: NDArray[Any], rows: int, strength: float, out: NDArray[Any] | None) -> None:
    if rows < 1:
        raise ArllieError(f"strips of {rows} rows; a strip has at least 1")
    if not 0.0 <= strength <= 1.0:
        raise ArllieError(f"strength {strength:g}; give a number from 0 (the input) to 1 (the model's output)")
    if out is None:
        return
    if out.shape != frame.shape or out.dtype != frame.dtype:
        raise ArllieError(f"out is {out.dtype}{list(out.shape)}, expected {frame.dtype}{list(frame.shape)}")
    if np.may_share_memory(frame, out):
        raise ArllieError("out shares memory with the frame; a strip still needs the rows above it as they were")


def _refuse_other_size(model: OpenedModel, frame: NDArray[Any]) -> None:
    height, width, _ = frame.shape
    if model.size is not None and model.size != (height, width):
        only = f"the model takes only {model.size[1]}×{model.size[0]} frames and this one is {width}×{height}"
        raise ArllieError(f"{only}; scale the picture, or use a model without a fixed size")
