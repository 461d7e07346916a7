"""What a network that ships has beside it, and whether its parts agree."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from arllie_deploy.errors import ArllieError
from arllie_deploy.networks import network_file
from arllie_deploy.networks.network import Network
from arllie_deploy.runtimes.network import OpenedPlanes
from arllie_deploy.training.recipe_file import read_recipe, recipe_of

HEADINGS = ("## Scores", "## How it behaves")


def faults(folder: Path, member: str) -> list[str]:
    """Everything that is wrong with the file, the card and the recipe of a network; nothing where they agree."""
    try:
        network = network_file.load(folder / f"{member}.safetensors")
    except ArllieError as error:
        return [str(error)]
    own = [] if network.name == member else [f"the file is named {network.name}"]
    return [*own, *_of_what_it_computes(network), *_of_the_recipe(network, folder), *_of_the_card(network, folder)]


def _of_what_it_computes(network: Network) -> Iterator[str]:
    size = (network.minimum, network.minimum + network.alignment)
    given = np.random.default_rng(0).random((1, network.channels, *size), np.float32) / 16
    made = OpenedPlanes(network, 1).infer(given)
    if made.shape != (1, network.output_channels, *(network.scale * side for side in size)):
        yield f"it makes {made.shape} of {given.shape}"
    elif made.shape == given.shape and np.abs(made - given).max() < 1e-3:
        yield "it changes nothing"


def _of_the_recipe(network: Network, folder: Path) -> Iterator[str]:
    try:
        recipe = read_recipe(folder / f"{network.name}.toml")
    except ArllieError as error:
        yield str(error)
        return
    stored = network.provenance.get("recipe")
    if stored is None or recipe_of(stored) != recipe:
        yield "the file was trained by another recipe"
    if recipe.license != network.license:
        yield f"the recipe says {recipe.license}, the file {network.license}"


def _of_the_card(network: Network, folder: Path) -> Iterator[str]:
    path = folder / f"{network.name}.md"
    if not path.is_file():
        yield f"{path.name}: no such card"
        return
    lines = path.read_text().splitlines()
    yield from (f"the card has no {line!r}" for line in (f"# {network.name}", *HEADINGS) if line not in lines)
    assert network.figures is not None
    for fact in (network.sha256, network.license, f"{network.figures.parameters:,}"):
        if not any(fact in line for line in lines):
            yield f"the card does not say {fact}"
    seed = network.provenance.get("recipe", {}).get("seed")
    if not any(re.search(rf"\bseeds?\b[^|.;]*\b{seed}\b", line) for line in lines):
        yield f"the card does not say seed {seed}"
