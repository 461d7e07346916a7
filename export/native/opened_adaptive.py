"""Follows an adaptive model that was exported as C through its steps, in its own library or in its runner."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.enhancer import KERNEL_SHAPE
from arllie_deploy.errors import ArllieError
from arllie_deploy.export.adaptive.opened import Followed, Values
from arllie_deploy.frames import to_unit
from arllie_deploy.native.adaptive_library import AdaptiveLibrary
from arllie_deploy.runtimes import RUNTIMES
from arllie_deploy.runtimes.native_arm64 import execute, runner_of

# Output channel, row, column, input channel, as the library has them.
_NATIVE_ORDER = (0, 3, 1, 2)


class OpenedLibrary:
    """A shared library, executed here; raises `ArllieError` as its runtime does."""

    def __init__(self, path: Path) -> None:
        self._opened = RUNTIMES["native-library"].open(path, 1)
        self._library = AdaptiveLibrary(path.resolve())
        self.executed_by = self._opened.executed_by

    def follow(self, frame: NDArray[np.uint8]) -> Followed:
        """One frame (height, width, 3) through every step."""
        statistics = self._library.library.look(frame)
        real = self._library.condition(statistics).real
        given = _given(real.weights, real.bias, real.gain, real.knee)
        result = self._opened.run(frame)
        return Followed(self._library.features(statistics), given, to_unit(result), result)


class OpenedRunner:
    """The program beside a static library, executed by the emulator; raises `ArllieError` as its runtime does."""

    def __init__(self, path: Path) -> None:
        self.executed_by = RUNTIMES["native-arm64"].open(path, None).executed_by
        self._runner = runner_of(path)

    def follow(self, frame: NDArray[np.uint8]) -> Followed:
        """One frame (height, width, 3) through every step."""
        result, printed = execute(self._runner, frame)
        try:
            features, given = np.array(printed["features"]), _given(**_numbers(printed["conditioned"]))
        except (KeyError, TypeError, ValueError):
            raise ArllieError(f"{self._runner}: does not say what it made of the frame; export it again") from None
        return Followed(features, given, to_unit(result), result)


def _numbers(printed: Mapping[str, Any]) -> dict[str, Any]:
    return {name: printed[name] for name in ("weights", "bias", "gain", "knee")}


def _given(weights: Any, bias: Any, gain: float, knee: float) -> Values:
    """As the head of the other formats gives it."""
    kernel = np.array(weights, np.float32).reshape(KERNEL_SHAPE).transpose(_NATIVE_ORDER)
    curve = {name: np.array([value], np.float32) for name, value in (("gain", gain), ("knee", knee))}
    return {"kernel": np.ascontiguousarray(kernel), "bias": np.array(bias, np.float32), **curve}
