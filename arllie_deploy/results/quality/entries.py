"""What is scored: the shipped models, every seed of the adaptive recipes, and enhancement without a model."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.media.opener import opener_for_pictures
from arllie_deploy.media.strips import enhance_in_strips
from arllie_deploy.models import MEMBERS, find_model
from arllie_deploy.quality.automatic import gain_to_mean, gamma_to_mean
from arllie_deploy.runtimes.choose import AUTO
from arllie_deploy.stored_model import Model

Enhance = Callable[[NDArray[Any]], NDArray[Any]]

AUTOMATIC: dict[str, Enhance] = {
    "the input itself": lambda frame: frame,
    "automatic gain": gain_to_mean,
    "automatic gamma": gamma_to_mean,
}
# Groups of seeds: the beginning of their files' names -> how the page calls them.
GROUPS = {
    "arllie-adaptive-seed": "arllie-adaptive, every seed",
    "arllie-adaptive-int-seed": "arllie-adaptive-int, every seed",
    "arllie-adaptive-published-seed": "the recipe of arllie-adaptive, published protocol, every seed",
}


@dataclass(frozen=True)
class Entry:
    """A model to score: its name on the page, and the group of seeds it belongs to, if any."""

    name: str
    model: Model
    group: str | None = None

    @property
    def parameters(self) -> int:
        """Numbers that were trained: of a fixed model kernel and bias, of an adaptive one the whole head."""
        if isinstance(self.model, AdaptiveEnhancer):
            return self.model.parameters
        return int(self.model.kernel.size + self.model.bias.size)


def shipped() -> list[Entry]:
    """The members of the package."""
    return [Entry(name, find_model(name)) for name in MEMBERS]


def seeds(folder: Path) -> list[Entry]:
    """The models of `folder` whose names begin like a group's, in the order of the groups.

    Raises:
        ArllieError: if a file belongs to no group or cannot be read.
    """
    entries = []
    for path in sorted(folder.glob("*.safetensors")):
        groups = [start for start in GROUPS if path.stem.startswith(start)]
        if not groups:
            raise ArllieError(f"{path}: belongs to no group of seeds; the names begin with {', '.join(GROUPS)}")
        entries.append(Entry(path.stem, find_model(str(path)), GROUPS[groups[0]]))
    return sorted(entries, key=lambda entry: list(GROUPS.values()).index(entry.group or ""))


def enhance_with(model: Model) -> Enhance:
    """What the model does to a frame, as a user of `arllie-enhance` gets it."""
    opener = opener_for_pictures(model, AUTO, None)
    return lambda frame: enhance_in_strips(opener(frame), frame)


def refuse_uncommitted(paths: Sequence[Path]) -> None:
    """Raise `ArllieError` unless every file is committed as it is: the test pairs are not for choosing weights."""
    for path in paths:
        git = ["git", "-C", str(path.parent)]
        known = subprocess.run([*git, "ls-files", "--error-unmatch", path.name], capture_output=True, check=False)
        changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", path.name], capture_output=True, check=False)
        if known.returncode or changed.returncode:
            raise ArllieError(f"{path}: not committed; commit weights before they are scored on the test pairs")
