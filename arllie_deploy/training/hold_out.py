"""Which pictures a recipe holds out for validation: scenes at random, or the darkest and the brightest ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from arllie_deploy.errors import ArllieError
from arllie_deploy.pictures import read_picture
from arllie_deploy.training.data import Sample, Split, by_scene, split_by_scene
from arllie_deploy.training.recipe import DataRecipe


def hold_out(samples: Sequence[Sample], folder: Path, recipe: DataRecipe) -> Split:
    """The split that `recipe.hold_out` names; raises `ArllieError` where the scenes are too few for it."""
    if recipe.hold_out == "extremes" and recipe.validation_fraction > 0.0:
        return split_extremes(samples, folder, recipe.validation_fraction)
    return split_by_scene(samples, folder, recipe.validation_fraction, recipe.split_seed)


def split_extremes(samples: Sequence[Sample], folder: Path, fraction: float) -> Split:
    """Hold out the scenes with the darkest and those with the brightest low frames, half of `fraction` each.

    What is held out then lies outside the range of brightness that is trained on. Reads every low frame.
    """
    groups = sorted(by_scene(samples, folder, fraction), key=_brightness)
    dark, rest = _take(groups, fraction / 2 * len(samples))
    bright, rest = _take(rest[::-1], fraction / 2 * len(samples))
    if not rest:
        raise ArllieError(f"{folder}: {len(samples)} pictures of {len(groups)} scenes cannot be split for validation")
    held = {sample.name for group in (*dark, *bright) for sample in group}
    return Split(tuple(s for s in samples if s.name not in held), tuple(s for s in samples if s.name in held))


def _take(groups: Sequence[Sequence[Sample]], wanted: float) -> tuple[list[Sequence[Sample]], list[Sequence[Sample]]]:
    """The first groups until they have `wanted` samples together, and the others."""
    taken: list[Sequence[Sample]] = []
    for group in groups:
        if sum(map(len, taken)) >= wanted:
            break
        taken.append(group)
    return taken, list(groups[len(taken) :])


def _brightness(group: Sequence[Sample]) -> float:
    """Mean of the values of a scene's low frames, in [0, 1]."""
    frames = [read_picture(sample.low).pixels for sample in group]
    return float(sum(frame.mean() / (2.0 ** (8 * frame.itemsize) - 1) for frame in frames) / len(frames))
