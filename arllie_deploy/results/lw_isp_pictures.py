"""Whose files are scored on the page of LW-ISP, and the pictures that none of these networks was trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.models import NETWORKS, find_any
from arllie_deploy.networks.network import Network
from arllie_deploy.networks.network_file import load
from arllie_deploy.pictures import read_picture
from arllie_deploy.pictures.folder import picture_files

if TYPE_CHECKING:
    from arllie_deploy.training.data import Sample, Split

Frame = NDArray[Any]
Made = TypeVar("Made")

# What the recipes of LW-ISP hold out.
_HELD_OUT = 0.08


def find_network(name: str, folder: Path | None) -> Network | None:
    """The network of a name: a file of `folder`, or of NAME/ in it as trainings leave it, or the shipped one.

    Returns:
        None where there is none.

    Raises:
        ArllieError: if a file is damaged.
    """
    file = f"{name}.safetensors"
    for path in () if folder is None else (folder / file, folder / name / file):
        if path.is_file():
            return load(path)
    shipped = find_any(name) if name in NETWORKS else None
    assert shipped is None or isinstance(shipped, Network)
    return shipped


def find_networks(names: Sequence[str], folder: Path | None) -> dict[str, Network | None]:
    """`find_network` of each; raises `ArllieError` where `folder` is no folder."""
    if folder is not None and not folder.is_dir():
        raise ArllieError(f"{folder}: no such folder; give one with files of networks, or leave --models out")
    return {name: find_network(name, folder) for name in names}


def of_each(
    names: Sequence[str], networks: Mapping[str, Network | None], make: Callable[[Network], Made]
) -> dict[str, Made | None]:
    """What is made of each network of these names; None where there is none."""
    found = {name: networks[name] for name in names}
    return {name: None if network is None else make(network) for name, network in found.items()}


def whole_split(data: Path) -> Split:
    """The clean whole frames of `data`/train as the recipes divide them; see `clean_split`."""
    from arllie_deploy.training.data import find_clean_to_learn
    from arllie_deploy.training.hold_out import hold_out
    from arllie_deploy.training.recipe import DataRecipe

    whole = _sound(find_clean_to_learn(data / "train"))
    return hold_out(whole, data / "train", DataRecipe(validation_fraction=_HELD_OUT))


def clean_split(data: Path) -> Split:
    """The clean training pictures as the recipes divide them, whole frames first, then their crops.

    Args:
        data: with train/ and train_crops/.

    Raises:
        ArllieError: if there are none, or too few to hold some out.
    """
    from arllie_deploy.training.adaptive_data import crops_of
    from arllie_deploy.training.data import Split, find_clean_to_learn

    whole, crops = whole_split(data), _sound(find_clean_to_learn(data / "train_crops"))
    train, validation = ((*part, *crops_of(crops, part)) for part in (whole.train, whole.validation))
    return Split(train, validation)


def refuse_seen(network: Network, digest: str) -> None:
    """Raise `ArllieError` unless a network was trained on the split with this fingerprint.

    Only then it is known that it never saw what the split holds out.
    """
    if network.provenance.get("data_sha256") != digest:
        raise ArllieError(
            f"{network.weights}: {network.name} was trained on other pictures than those of --data, or on another part "
            "of them; which ones it never saw is not known"
        )


def held_out(split: Split) -> list[Frame]:
    """The pictures that a split holds out."""
    return [read_picture(sample.low).pixels for sample in split.validation]


def read_folder(folder: Path) -> list[Frame]:
    """All pictures of a folder, in natural order; raises `ArllieError` where there are none."""
    return [read_picture(path).pixels for path in picture_files(folder)]


def draw_crops(path: Path, columns: Sequence[tuple[str, Sequence[Frame]]], side: int) -> None:
    """Write the middles of pictures beside each other, a row for each picture.

    Args:
        path: a PNG file.
        columns: title, and uint8 pictures (height, width, 3) that are the same ones in every column.
        side: of what is cut out, in pixels.
    """
    from arllie_deploy.results.page import plot

    rows = len(columns[0][1])
    with plot(path, 1.75 * len(columns), 1.75 * rows + 0.25) as figure:
        axes = figure.subplots(rows, len(columns), squeeze=False)
        for column, (title, pictures) in enumerate(columns):
            axes[0, column].set_title(title, fontsize=8)
            for row, picture in enumerate(pictures):
                axes[row, column].imshow(_middle(picture, side), interpolation="nearest")
                axes[row, column].set_axis_off()


def _middle(picture: Frame, side: int) -> Frame:
    top, left = (max(0, (length - side) // 2) for length in picture.shape[:2])
    return picture[top : top + side, left : left + side]


def _sound(samples: tuple[Sample, ...]) -> tuple[Sample, ...]:
    """As `arllie-train` leaves out what cannot be right."""
    from arllie_deploy.training.data import find_odd

    odd = {one.name for one in find_odd(samples)}
    return tuple(sample for sample in samples if sample.name not in odd)


def as_frame(values: NDArray[np.floating[Any]]) -> Frame:
    """(height, width, 3), clipped to [0, 1], as uint8."""
    from arllie_deploy.frames import to_frame

    return to_frame(np.clip(values, 0.0, 1.0), np.uint8)
