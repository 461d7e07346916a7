"""What a foreign file takes and gives, and whether that is one frame in and one frame out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from arllie_deploy.errors import ArllieError
from arllie_deploy.runtimes.base import Layout
from arllie_deploy.runtimes.encoding import Encoding

_RANK, _CHANNELS = 4, 3


@dataclass(frozen=True)
class Port:
    """An input or output of a file: its axes, None where a length is open, and how its numbers are read."""

    shape: tuple[int | None, ...]
    encoding: Encoding


@dataclass(frozen=True)
class Interface:
    """An image-to-image file.

    Attributes:
        layout: order of the axes.
        size: (height, width); None where it takes any.
        input: how the numbers it takes are read.
        output: the same of those it gives.
    """

    layout: Layout
    size: tuple[int | None, int | None]
    input: Encoding
    output: Encoding

    def takes(self, size: tuple[int, int]) -> bool:
        """Whether frames of `size` (width, height) fit."""
        return all(own in (None, asked) for own, asked in zip(self.size, reversed(size), strict=True))

    @property
    def size_text(self) -> str:
        """WIDTHxHEIGHT, "any" where an axis is open."""
        height, width = ("any" if value is None else str(value) for value in self.size)
        return f"{width}x{height}"

    @property
    def precision(self) -> str:
        """Of the frame's numbers: "fp32" or "int8"."""
        return "fp32" if self.input.dtype == "float32" else "int8"

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)


def from_json(values: dict[str, Any]) -> Interface:
    """The reverse of `to_json`."""
    height, width = values["size"]
    return Interface(values["layout"], (height, width), Encoding(**values["input"]), Encoding(**values["output"]))


def image_interface(path: Path, inputs: Sequence[Port], outputs: Sequence[Port], prefer: Layout) -> Interface:
    """Read the ports of a file as an image-to-image network.

    Args:
        path: for the messages.
        inputs: what it takes.
        outputs: what it gives.
        prefer: the layout where both fit.

    Raises:
        ArllieError: if it is not one frame of three channels in and one of the same layout out.
    """
    if len(inputs) != 1 or len(outputs) != 1:
        raise ArllieError(
            f"{path}: takes {len(inputs)} tensors and gives {len(outputs)}; only files with one frame in and one out "
            "are timed"
        )
    [source], [result] = inputs, outputs
    fitting = [layout for layout in _LAYOUTS if _fits(source.shape, layout) and _fits(result.shape, layout)]
    if not fitting:
        raise ArllieError(
            f"{path}: takes {_text(source.shape)} and gives {_text(result.shape)}; a frame is 1×3×height×width or "
            "1×height×width×3 on both sides"
        )
    layout = prefer if prefer in fitting else fitting[0]
    rows, columns = (_common(source.shape[axis], result.shape[axis], path) for axis in _LAYOUTS[layout])
    return Interface(layout, (rows, columns), source.encoding, result.encoding)


# Layout -> the axes of height and width.
_LAYOUTS: dict[Layout, tuple[int, int]] = {"NCHW": (2, 3), "NHWC": (1, 2)}


def _fits(shape: tuple[int | None, ...], layout: Layout) -> bool:
    channels = 1 if layout == "NCHW" else 3
    return len(shape) == _RANK and shape[0] in (None, 1) and shape[channels] == _CHANNELS


def _common(before: int | None, after: int | None, path: Path) -> int | None:
    if before is not None and after is not None and before != after:
        raise ArllieError(f"{path}: takes {before} pixels along an axis and gives {after}; only equal sizes are timed")
    return before if before is not None else after


def _text(shape: tuple[int | None, ...]) -> str:
    return "×".join("?" if length is None else str(length) for length in shape) or "a single number"
