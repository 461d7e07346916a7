"""The gate: an artifact is opened in its runtime and compared with the reference before it may carry its name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.export.failure_picture import failure_picture
from arllie_deploy.frames import to_unit
from arllie_deploy.pictures.dark_set import dark_pictures
from arllie_deploy.quality.parity import Parity, compare
from arllie_deploy.runtimes import RUNTIMES
from arllie_deploy.runtimes.layout import tensor_for, values_of


@dataclass(frozen=True)
class Limit:
    """What an artifact of one precision must keep.

    Attributes:
        max_abs: largest absolute difference from the reference on any frame, in units of [0, 1]; None where rounding to
            few integers decides it.
        dark_psnr_db: least 10·log10(1 / mean squared difference) on each dark picture; None where `max_abs` decides.
    """

    max_abs: float | None = None
    dark_psnr_db: float | None = None

    def problem(self, parity: Parity, *, dark: bool) -> str | None:
        """What is wrong with one frame's figures, None if nothing."""
        if self.max_abs is not None and not parity.max_abs <= self.max_abs:
            return f"max {parity.max_abs:.3g}, limit {self.max_abs:g}"
        if dark and self.dark_psnr_db is not None and not parity.psnr_db >= self.dark_psnr_db:
            return f"{parity.psnr_db:.1f} dB, limit {self.dark_psnr_db:g} dB"
        return None if np.isfinite(parity.max_abs) else "values that are not finite"


LIMITS = {
    "fp32": Limit(max_abs=1e-5),
    "fp16": Limit(max_abs=2e-3),
    "int16x8": Limit(dark_psnr_db=55.0),
    "int8": Limit(dark_psnr_db=45.0),
    # One level beside the reference's, and the half of one that the rounding to 8 bits costs.
    "int8x16": Limit(max_abs=1.5 / 255),
}
ODD_SIZE = (251, 67)
# Emulators take seconds for a full frame: they see every frame at this size and one of them at full size.
EMULATED_SIZE = (320, 180)


@dataclass(frozen=True)
class Check:
    """One file to run at one size (width, height), on all parity frames or on the first dark one."""

    path: Path
    size: tuple[int, int]
    one_frame: bool = False

    def frames(self) -> "Iterator[Frame]":
        """What to run."""
        frames = parity_frames(*self.size)
        return iter([next(frames)]) if self.one_frame else frames


@dataclass(frozen=True, eq=False)
class Frame:
    """One parity frame: (height, width, 3) uint8; `dark` marks the pictures that the model is made for."""

    name: str
    pixels: NDArray[np.uint8]
    dark: bool = False


@dataclass(frozen=True)
class Verdict:
    """The worst figures over all frames of all sizes; `failed` names the first frame over the limit, if any.

    Attributes:
        parity: over all frames.
        dark_psnr_db: the least over the dark pictures.
        limit: that was kept or not.
        sizes: (width, height) of the frames.
        failed: the first frame that is wrong, and by how much; None if none is.
        executed_by: what ran the artifact.
        failure: of `failed`: the frame, the result and the reference side by side around the worst place.
        dark_differing: share of the dark pictures' bytes that are others than the reference's, both rounded to 8 bits;
            None where they were not counted.
    """

    parity: Parity
    dark_psnr_db: float
    limit: Limit
    sizes: tuple[tuple[int, int], ...]
    failed: str | None
    executed_by: str
    failure: NDArray[np.uint8] | None = None
    dark_differing: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The manifest's `parity`."""
        return {
            **self.parity.to_json(),
            "dark_psnr_db": self.dark_psnr_db if np.isfinite(self.dark_psnr_db) else None,
            "dark_differing": self.dark_differing,
            "limit_max_abs": self.limit.max_abs,
            "limit_dark_psnr_db": self.limit.dark_psnr_db,
            "sizes": [f"{width}x{height}" for width, height in self.sizes],
        }


def verify(enhancer: Enhancer, runtime: str, checks: Sequence[Check], limit: Limit) -> Verdict:
    """Run parity frames through the files and compare.

    Args:
        enhancer: the model; its float64 reference decides.
        runtime: a row of `RUNTIMES`.
        checks: at least one.
        limit: of the artifact's precision.
    """
    worst, dark_psnr_db, failed, failure, executed_by = None, np.inf, None, None, ""
    differing: list[float] = []
    for check in checks:
        opened = RUNTIMES[runtime].open(check.path, None)
        executed_by = opened.executed_by
        for frame in check.frames():
            output = values_of(opened, opened.infer(tensor_for(opened, frame.pixels)))
            reference = enhancer.reference(to_unit(frame.pixels))
            parity = compare(output, reference)
            worst = parity if worst is None else worst.worst(parity)
            if frame.dark:
                dark_psnr_db = min(dark_psnr_db, parity.psnr_db)
                differing.append(_differing_bytes(output, reference))
            problem = limit.problem(parity, dark=frame.dark)
            if failed is None and problem is not None:
                failed = f"frame {frame.name} at {check.size[0]}x{check.size[1]}: {problem}"
                failure = failure_picture(frame.pixels, output, reference)
    assert worst is not None
    sizes = tuple(check.size for check in checks)
    share = float(np.mean(differing)) if differing else None
    return Verdict(worst, dark_psnr_db, limit, sizes, failed, executed_by, failure, share)


def _differing_bytes(output: NDArray[Any], reference: NDArray[Any]) -> float:
    """Share of the values in [0, 1] whose bytes differ."""
    bytes_of = (np.floor(255.0 * np.nan_to_num(np.clip(values, 0.0, 1.0)) + 0.5) for values in (output, reference))
    return float(np.mean(np.not_equal(*bytes_of)))


def parity_frames(width: int, height: int) -> Iterator[Frame]:
    """The frames that every artifact must get right: the dark pictures, a random frame, four extreme ones."""
    for name, picture in dark_pictures().items():
        yield Frame(name, mirrored(picture, width, height), dark=True)
    yield Frame("random", np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8))
    yield Frame("black", np.zeros((height, width, 3), np.uint8))
    yield Frame("white", np.full((height, width, 3), 255, np.uint8))
    yield Frame("saturated", _stripes(width, height))
    rows, columns = np.indices((height, width))
    checkerboard = (((rows + columns) % 2) * 255).astype(np.uint8)
    yield Frame("checkerboard", np.repeat(checkerboard[:, :, None], 3, axis=2))


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
