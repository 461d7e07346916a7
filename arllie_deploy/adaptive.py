"""The adaptive model: statistics of a frame in, the one-layer Enhancer for that frame out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy import conditioning
from arllie_deploy.conditioning import Head, hidden_layer, output_layer
from arllie_deploy.enhancer import Enhancer, check_model_name
from arllie_deploy.errors import ArllieError
from arllie_deploy.statistics import COUNT, frame_statistics

MOST_PARAMETERS = 8000
MOST_KERNELS = 4


@dataclass(frozen=True, eq=False)
class AdaptiveEnhancer:
    """A family of one-layer models, one per frame; equality is equality of `sha256`.

    Attributes:
        name: the member's name.
        head: the small function of the statistics, float32, at most 8,000 numbers in all. With a basis the epilogue is
            `plain` and at most 4 kernels are mixed; without one it is `curve`, or `plain` if the head gives no curve.
        provenance: how it was trained.
        license: SPDX id of the weights, or a sentence where none fits.

    Raises:
        ArllieError: on shapes that do not follow from each other, a value that is not finite, or too many parameters.
    """

    name: str
    head: Head
    provenance: Mapping[str, Any] = field(default_factory=dict)
    license: str = "MIT"

    def __post_init__(self) -> None:
        check_model_name(self.name)
        _check_head(self.head)
        if self.parameters > MOST_PARAMETERS:
            raise ArllieError(f"the head has {self.parameters} parameters, at most {MOST_PARAMETERS} are allowed")

    @property
    def parameters(self) -> int:
        """All numbers of the head, those that standardize the statistics among them."""
        return sum(array.size for array in arrays_of(self.head).values())

    @property
    def epilogue(self) -> str:
        """The row of `EPILOGUES` that every Enhancer of this model has."""
        has_curve = self.head.output_bias.size == conditioning.CURVE_OUTPUTS
        return "curve" if has_curve and self.head.basis is None else "plain"

    @cached_property
    def sha256(self) -> str:
        """Hash of everything that decides the output."""
        digest = hashlib.sha256(json.dumps({"epilogue": self.epilogue}).encode())
        for name, array in arrays_of(self.head).items():
            digest.update(f"{name}{list(array.shape)}".encode())
            digest.update(array.astype("<f4").tobytes())
        return digest.hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AdaptiveEnhancer) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def condition(self, statistics: NDArray[np.float64]) -> Enhancer:
        """The model for a frame with these statistics; pure.

        Args:
            statistics: (23,), as `frame_statistics` gives them, or smoothed over the frames of a clip.

        Returns:
            One 3×3 convolution and its epilogue. Whatever the statistics are, its response to gray rises and every
            output channel follows its own input channel most.

        Raises:
            ArllieError: on another shape or a value that is not finite.
        """
        if statistics.shape != (COUNT,) or not np.isfinite(statistics).all():
            raise ArllieError(f"statistics are {COUNT} finite numbers, got {list(statistics.shape)} of them")
        head = self._double_precision
        made = output_layer(head, hidden_layer(head, statistics[None].astype(np.float64)), np)
        constants = (
            {} if made.gain is None or made.knee is None else {"gain": float(made.gain[0]), "knee": float(made.knee[0])}
        )
        return Enhancer(
            name=self.name,
            kernel=made.kernel[0].astype(np.float32),
            bias=made.bias[0].astype(np.float32),
            epilogue=self.epilogue,
            constants=constants,
            provenance={"adaptive": self.name, "sha256": self.sha256},
            license=self.license,
        )

    @cached_property
    def _double_precision(self) -> Head:
        return Head(**{name: array.astype(np.float64) for name, array in arrays_of(self.head).items()})

    def for_frame(self, frame: NDArray[Any]) -> Enhancer:
        """The model for one frame (height, width, 3), uint8 or uint16; raises `ArllieError` on anything else."""
        return self.condition(frame_statistics(frame))

    def enhance(self, frame: NDArray[Any]) -> NDArray[Any]:
        """The reference's result for one frame, conditioned on it; shape and dtype stay. Raises as `for_frame`."""
        return self.for_frame(frame).enhance(frame)


def arrays_of(head: Head) -> dict[str, Any]:
    """Name -> array of every array that the head has."""
    values = {field.name: getattr(head, field.name) for field in fields(head)}
    return {name: value for name, value in values.items() if value is not None}


def _check_head(head: Head) -> None:
    hidden, outputs = head.hidden_bias.size, head.output_bias.size
    shapes: dict[str, tuple[int, ...]] = {
        "mean": (COUNT,),
        "deviation": (COUNT,),
        "hidden_weight": (hidden, COUNT),
        "hidden_bias": (hidden,),
        "output_weight": (outputs, hidden),
        "output_bias": (outputs,),
    }
    wanted: tuple[int, ...] = (conditioning.KERNEL_OUTPUTS, conditioning.CURVE_OUTPUTS)
    if head.basis is not None:
        kernels = head.basis.shape[0]
        if not 1 <= kernels <= MOST_KERNELS:
            raise ArllieError(f"a basis of {kernels} kernels; 1 to {MOST_KERNELS} can be mixed")
        shapes["basis"] = (kernels, 3, 3, 3, 3)
        wanted = (3 * kernels + conditioning.BIAS_VALUES,)
    for name, array in arrays_of(head).items():
        if array.shape != shapes[name] or array.dtype != np.float32:
            raise ArllieError(f"{name} is {array.dtype}{list(array.shape)}, expected float32{list(shapes[name])}")
        if not np.isfinite(array).all():
            raise ArllieError(f"{name} has values that are not finite; the training diverged or the file is damaged")
    if outputs not in wanted:
        raise ArllieError(f"the head has {outputs} outputs, expected {' or '.join(map(str, wanted))}")
    if not (head.deviation > 0).all():
        raise ArllieError("deviation has values that are not positive; the file is damaged")
