"""The gate: an artifact is opened in its runtime and compared with the reference before it may carry its name."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.frames import to_unit
from arllie_deploy.pictures.night import night_picture
from arllie_deploy.quality.parity import Parity, compare
from arllie_deploy.runtimes import RUNTIMES
from arllie_deploy.runtimes.layout import from_tensor, to_tensor

# Largest absolute difference from the reference, in units of [0, 1].
LIMITS = {"fp32": 1e-5}
ODD_SIZE = (251, 67)


@dataclass(frozen=True)
class Verdict:
    """The worst figures over all frames of all sizes; `failed` names the first frame over the limit, if any."""

    parity: Parity
    limit: float
    sizes: tuple[tuple[int, int], ...]
    failed: str | None

    def to_json(self) -> dict[str, Any]:
        """The manifest's `parity`."""
        sizes = [f"{width}x{height}" for width, height in self.sizes]
        return {**self.parity.to_json(), "limit_max_abs": self.limit, "sizes": sizes}


def verify(enhancer: Enhancer, runtime: str, artifacts: dict[tuple[int, int], Path], precision: str) -> Verdict:
    """Run every parity frame through the artifacts and compare.

    Args:
        enhancer: the model; its float64 reference decides.
        runtime: a row of `RUNTIMES`.
        artifacts: size (width, height) -> the file to run at that size.
        precision: a key of `LIMITS`.
    """
    limit, worst, failed = LIMITS[precision], None, None
    for (width, height), path in artifacts.items():
        opened = RUNTIMES[runtime].open(path, None)
        for name, frame in parity_frames(width, height):
            output = from_tensor(opened.infer(to_tensor(frame, opened.layout)), opened.layout)
            parity = compare(output, enhancer.reference(to_unit(frame)))
            worst = parity if worst is None else worst.worst(parity)
            if failed is None and not parity.max_abs <= limit:
                failed = f"frame {name} at {width}x{height}: max {parity.max_abs:.3g}, limit {limit:g}"
    assert worst is not None
    return Verdict(worst, limit, tuple(artifacts), failed)


def parity_frames(width: int, height: int) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """The frames that every artifact must get right: a dark picture, a random frame, four extreme ones."""
    yield "night", mirrored(night_picture(), width, height)
    yield "random", np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    yield "black", np.zeros((height, width, 3), np.uint8)
    yield "white", np.full((height, width, 3), 255, np.uint8)
    yield "saturated", _stripes(width, height)
    rows, columns = np.indices((height, width))
    yield "checkerboard", np.repeat((((rows + columns) % 2) * 255).astype(np.uint8)[:, :, None], 3, axis=2)


def mirrored(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """The picture continued by its mirror images to any size."""
    rows = _mirror_indices(picture.shape[0], height)
    columns = _mirror_indices(picture.shape[1], width)
    return picture[np.ix_(rows, columns)]


def _mirror_indices(length: int, wanted: int) -> NDArray[np.intp]:
    period = np.concatenate([np.arange(length), np.arange(length)[::-1]])
    return np.resize(period, wanted)


def _stripes(width: int, height: int) -> NDArray[np.uint8]:
    """Vertical stripes of the six saturated colors."""
    colors = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0], [0, 255, 255], [255, 0, 255]], np.uint8)
    return np.broadcast_to(colors[np.arange(width) // 4 % 6], (height, width, 3)).copy()
