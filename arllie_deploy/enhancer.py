"""The deployed model: one 3×3 convolution and a pointwise epilogue, as plain arrays, with its float64 reference."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.convolution import convolve_3x3
from arllie_deploy.epilogues import EPILOGUES, Epilogue
from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import check_frame, check_tensor, to_frame, to_unit

KERNEL_SHAPE = (3, 3, 3, 3)
BIAS_SHAPE = (3,)
# A strip of 64 rows keeps the float64 intermediates of the reference in the caches and the memory of a large
# photograph bounded.
_STRIP_ROWS = 64


@dataclass(frozen=True, eq=False)
class Enhancer:
    """The fused one-layer model y -> z; equality is equality of `sha256`.

    Attributes:
        name: the member's name, used for the names of its artifacts.
        kernel: (3, 3, 3, 3) float32: output channel, input channel, row, column.
        bias: (3,) float32.
        epilogue: a row of `arllie_deploy.epilogues`.
        constants: the epilogue's constants.
        color: the channel order of the frame; only "RGB".
        value_range: what 0 and the largest integer stand for; only (0.0, 1.0).
        padding: how the border is continued; only "zeros".
        structure: the multi-branch structure it was fused from, as JSON values, or None.
        provenance: how it was trained: recipe, data, seed, steps, scores.
        license: SPDX id of the weights, or a sentence where none fits.

    Raises:
        ArllieError: on a wrong shape, dtype, epilogue or constant, or a value that is not finite.
    """

    name: str
    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]
    epilogue: str
    constants: Mapping[str, float] = field(default_factory=dict)
    color: str = "RGB"
    value_range: tuple[float, float] = (0.0, 1.0)
    padding: str = "zeros"
    structure: Mapping[str, Any] | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    license: str = "MIT"

    def __post_init__(self) -> None:
        if self.epilogue not in EPILOGUES:
            raise ArllieError(f"unknown epilogue {self.epilogue!r}; known: {', '.join(EPILOGUES)}")
        if not self.constants:
            object.__setattr__(self, "constants", dict(self.row.constants))
        check_model_name(self.name)
        _check_array("kernel", self.kernel, KERNEL_SHAPE)
        _check_array("bias", self.bias, BIAS_SHAPE)
        _check_constants(self.row, self.constants)
        _check_choice("color", self.color, "RGB")
        _check_choice("range", tuple(self.value_range), (0.0, 1.0))
        _check_choice("padding", self.padding, "zeros")

    @property
    def row(self) -> Epilogue:
        """The epilogue's row in the table."""
        return EPILOGUES[self.epilogue]

    @property
    def sha256(self) -> str:
        """Hash of everything that decides the output: arrays, epilogue, constants, color, range, padding."""
        facts = [self.epilogue, dict(self.constants), self.color, list(self.value_range), self.padding]
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
        digest.update(self.kernel.astype("<f4").tobytes())
        digest.update(self.bias.astype("<f4").tobytes())
        return digest.hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Enhancer) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def reference(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """The definition of the model in float64.

        Args:
            y: (height, width, 3) in [0, 1].

        Returns:
            z, the same shape, in [0, 1].

        Raises:
            ArllieError: on another shape.
        """
        check_tensor(y)
        z = np.empty(y.shape)
        for top in range(0, y.shape[0], _STRIP_ROWS):
            bottom = min(top + _STRIP_ROWS, y.shape[0])
            first, last = max(top - 1, 0), min(bottom + 1, y.shape[0])
            strip = y[first:last].astype(np.float64)
            u = convolve_3x3(strip, self.kernel, self.bias)
            inner = slice(top - first, top - first + bottom - top)
            z[top:bottom] = self.row.reference(strip[inner], u[inner], self.constants)
        return z

    def enhance(self, frame: NDArray[Any]) -> NDArray[Any]:
        """Apply the reference to an integer frame, rounding half up.

        Args:
            frame: (height, width, 3) uint8 or uint16, RGB.

        Returns:
            The same shape and dtype.

        Raises:
            ArllieError: on another shape or dtype.
        """
        check_frame(frame)
        return to_frame(self.reference(to_unit(frame)), frame.dtype)


def check_model_name(name: str) -> None:
    """Raise `ArllieError` unless `name` can be part of a file name everywhere."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        raise ArllieError(f"model name {name!r}: begin with a letter or digit; then also '-', '_' and '.', up to 100")


def _check_array(what: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    if array.shape != shape or array.dtype != np.float32:
        raise ArllieError(f"{what} is {array.dtype}{list(array.shape)}, expected float32{list(shape)}")
    if not np.isfinite(array).all():
        raise ArllieError(f"{what} has values that are not finite; the training diverged or the file is damaged")


def _check_constants(row: Epilogue, constants: Mapping[str, float]) -> None:
    if set(constants) != set(row.constants):
        raise ArllieError(f"epilogue {row.name} takes the constants {sorted(row.constants)}, got {sorted(constants)}")
    for key, value in constants.items():
        low, high = row.limits[key]
        if not isinstance(value, float) or not low < value < high:
            raise ArllieError(f"constant {key} is {value!r}, expected a number between {low:g} and {high:g}")


def _check_choice(what: str, value: object, only: object) -> None:
    if value != only:
        raise ArllieError(f"{what} is {value!r}; only {only!r} is supported")
