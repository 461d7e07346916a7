"""What a format writer is asked for, and what it says about what it wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer


@dataclass(frozen=True)
class Request:
    """Write `enhancer` for `target` to `path`.

    Attributes:
        enhancer: the model.
        target: the target's name.
        precision: one of the target's.
        size: (width, height); matters to formats of fixed size.
        path: the main file. Whatever else belongs to the artifact goes beside it, named with the same stem.
        calibration: frames (height, width, 3) uint8 whose ranges an integer form is made for.
        percentile: share of each value's calibrated range that is kept, in percent; 100 is min-max.
    """

    enhancer: Enhancer
    target: str
    precision: str
    size: tuple[int, int]
    path: Path
    calibration: Sequence[NDArray[np.uint8]] = ()
    percentile: float = 100.0


@dataclass(frozen=True)
class Written:
    """What a writer says about the artifact it wrote.

    Attributes:
        operators: in the file, in order of execution.
        layout: of its tensors, "NCHW" or "NHWC".
        tools: package -> version of whatever wrote it.
        sidecars: names of the other files that belong to it, in the same folder.
        proof: the name of the file that the target's runtime opens; None for the main one.
        scales: value -> {"scale", "zero_point", "dtype"} of an integer form.
        facts: what else the manifest should say, for example a compiler's estimate; JSON values.
    """

    operators: list[str]
    layout: str
    tools: dict[str, str] = field(default_factory=dict)
    sidecars: list[str] = field(default_factory=list)
    proof: str | None = None
    scales: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
