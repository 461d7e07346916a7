"""The pictures of a search: four parts that share no scene, and the fingerprint of all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from arllie_deploy.errors import ArllieError
from arllie_deploy.training.data import Sample, check_crop, split_by_scene

_TESTED, _JUDGED, _ARCHITECTURE = 0.15, 0.2, 0.5
# Where nothing says which scene a picture shows, runs of neighboring files stand for scenes: so long, or shorter where
# that would make fewer than so many.
_RUN, _RUNS = 10, 8


@dataclass(frozen=True)
class Scenes:
    """Pairs of low and high pictures; no scene is in two parts.

    Attributes:
        weights: what network weights learn from while a proposal is searched.
        architecture: what architecture logits learn from.
        judged: what proposals are judged on.
        tested: what neither a proposal nor the choice among proposals sees; for the report about the result.
        sha256: of the names and contents of all, and of the part each is in.
    """

    weights: tuple[Sample, ...]
    architecture: tuple[Sample, ...]
    judged: tuple[Sample, ...]
    tested: tuple[Sample, ...]
    sha256: str

    @property
    def learned(self) -> tuple[Sample, ...]:
        """What a structure is trained on to be judged or tested: both halves."""
        return (*self.weights, *self.architecture)

    def counts(self) -> dict[str, int]:
        """Pictures in each part."""
        return {name: len(part) for name, part in self._parts().items()}

    def _parts(self) -> dict[str, tuple[Sample, ...]]:
        return {
            "weights": self.weights,
            "architecture": self.architecture,
            "judged": self.judged,
            "tested": self.tested,
        }


def split_scenes(samples: Sequence[Sample], folder: Path, seed: int, crop: int) -> Scenes:
    """Split pairs into the four parts; the same seed gives the same ones.

    Args:
        samples: the pairs, in natural order of their names.
        folder: where they come from, and where `scenes.csv` may be.
        seed: of the split.
        crop: edge of the crops, in pixels.

    Raises:
        ArllieError: if there are too few scenes for four parts, or a picture is smaller than `crop`.
    """
    check_crop(samples, crop)
    run = max(1, min(_RUN, len(samples) // _RUNS))
    # Named here once: each split below would count its own runs.
    named = [s if s.scene else replace(s, scene=f"run {index // run}") for index, s in enumerate(samples)]
    try:
        outer = split_by_scene(named, folder, _TESTED, seed)
        middle = split_by_scene(outer.train, folder, _JUDGED, seed + 1)
        inner = split_by_scene(middle.train, folder, _ARCHITECTURE, seed + 2)
    except ArllieError:
        raise ArllieError(
            f"{folder}: {len(samples)} pictures show too few scenes for four parts that share none; scenes are the "
            "rows of scenes.csv, or runs of neighboring files; give at least 4"
        ) from None
    parts = (inner.train, inner.validation, middle.validation, outer.validation)
    return Scenes(*parts, sha256=_fingerprint(parts))


def _fingerprint(parts: tuple[tuple[Sample, ...], ...]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"-- part --\n")
        for sample in part:
            for path in filter(None, (sample.low, sample.high)):
                digest.update(f"{path.parent.name}/{path.name}\n".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
