"""Searches on made pairs that take about a second."""

import csv
from pathlib import Path
from typing import Any

from support.pictures import make_pairs

from arllie_deploy.search.scenes import Scenes, split_scenes
from arllie_deploy.search.session import Outcome, StudyPlace, search
from arllie_deploy.search.settings import SearchSettings, ShortTraining
from arllie_deploy.training.data import find_pairs_to_learn

TINY = SearchSettings(seed=5, training=ShortTraining(steps=1, crop=12, batch=2), judges=3)


def make_scenes(folder: Path, count: int = 8, **size: int) -> Path:
    """`count` pairs, each a scene of its own."""
    make_pairs(folder, count, **size)
    with (folder / "scenes.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([("file", "scene"), *((f"{number}.png", number) for number in range(count))])
    return folder


def scenes_of(data: Path, settings: SearchSettings = TINY) -> Scenes:
    """The parts that `arllie-search` makes of a folder of pairs."""
    return split_scenes(find_pairs_to_learn(data), data, settings.seed, settings.training.crop)


def search_here(data: Path, journal: Path, settings: SearchSettings = TINY, **options: Any) -> Outcome:
    """Run or continue a search in this process."""
    given = {"proposals": 3, "resume": False, "force": False, "report": lambda _: None, **options}
    proposals = given.pop("proposals")
    return search(scenes_of(data, settings), settings, proposals, StudyPlace(str(journal), "tiny"), **given)
