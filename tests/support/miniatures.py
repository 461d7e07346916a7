"""Data sets in miniature: the trees that published ones unpack to, with small made pictures."""

from collections.abc import Iterable
from pathlib import Path

from support.pictures import darkened, save_png, scene


def make_pair(low: Path, high: Path, seed: int) -> None:
    """One scene, dark and well lit; the suffixes choose the formats."""
    picture = scene(seed, 32, 24)
    save_png(low, darkened(picture, seed))
    save_png(high, picture)


def make_sides(low: Path, high: Path, names: Iterable[str], high_names: Iterable[str] | None = None) -> None:
    """Two folders of pairs; `high_names` where the references are named otherwise."""
    for seed, (low_name, high_name) in enumerate(zip(names := list(names), high_names or names, strict=True)):
        make_pair(low / low_name, high / high_name, seed)


def make_sequence(part: Path, number: int, exposures: int, label: str) -> None:
    """One scene at rising exposures, and its label."""
    picture = scene(number, 32, 24)
    for exposure in range(1, exposures + 1):
        save_png(part / str(number) / f"{exposure}.JPG", (picture * (exposure / exposures)).astype(picture.dtype))
    save_png(part / "Label" / label, picture)
