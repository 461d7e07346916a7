"""What a search leaves behind: its result as JSON, and a recipe that `arllie-train` takes as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from arllie_deploy.errors import ArllieError
from arllie_deploy.reparam.structure import Structure
from arllie_deploy.search.proposal_queue import Finished
from arllie_deploy.search.scenes import Scenes
from arllie_deploy.search.session import Outcome
from arllie_deploy.search.settings import SearchSettings, ShortTraining

RESULT_VERSION = 1
_STEPS, _LARGEST_CROP, _BATCH = 3000, 96, 16


def to_json(outcome: Outcome, scenes: Scenes, settings: SearchSettings) -> dict[str, Any]:
    """The result as JSON values. Without seconds and versions it is the same for the same seed and pictures."""
    standing, kept = outcome.standing, outcome.kept
    trials = [_trial(finished, settings) for finished in standing.finished]
    trials += [{"proposal": failed.number, "state": "failed", "reason": failed.reason} for failed in standing.failed]
    return {
        "version": RESULT_VERSION,
        "structure": kept.proposal.structure.to_json(),
        "proposal": kept.number,
        "judged": kept.judgment.to_json(),
        "tested": outcome.tested.to_json(),
        "trials": sorted(trials, key=lambda trial: int(trial["proposal"])),
        "complete": standing.open == 0,
        "data_sha256": scenes.sha256,
        "pictures": scenes.counts(),
        "settings": settings.to_json(),
        "seconds": round(outcome.seconds, 1),
        "versions": {name: version(name) for name in ("torch", "optuna", "numpy")},
    }


def read_structure(path: Path) -> tuple[Structure, Mapping[str, Any]]:
    """The structure of a result file, and all of its JSON.

    Raises:
        ArllieError: if there is none, or the file is no result of this version.
    """
    try:
        value = json.loads(path.read_text())
    except FileNotFoundError:
        raise ArllieError(f"{path}: no such result; make it with arllie-search") from None
    except ValueError:
        raise ArllieError(f"{path}: not a JSON file") from None
    if not isinstance(value, dict) or value.get("version") != RESULT_VERSION:
        raise ArllieError(f"{path}: not a search result of version {RESULT_VERSION}; make it with arllie-search")
    return Structure.from_json(value.get("structure", {})), value


def to_recipe(structure: Structure, training: ShortTraining, name: str, smallest_side: int) -> str:
    """A recipe in TOML for a whole training of `structure`.

    Args:
        structure: what was found.
        training: loss, epilogue and rates that it was judged with.
        name: of the model; characters that a model's name cannot have are replaced.
        smallest_side: of the training pictures, in pixels; crops are no larger.
    """
    branches = [
        "    [" + ", ".join(f'"{cell.operation}{"+norm" if cell.norm else ""}"' for cell in branch) + "],"
        for branch in structure.branches
    ]
    return "\n".join(
        [
            "# Found by arllie-search.",
            f'name = "{_model_name(name)}"',
            f"steps = {_STEPS}",
            "",
            "[model]",
            f'epilogue = "{training.epilogue}"',
            f"mid_width = {structure.mid_width}",
            "branches = [",
            *branches,
            "]",
            "",
            "[data]",
            f"crop = {min(_LARGEST_CROP, smallest_side)}",
            f"batch = {_BATCH}",
            "",
            "[loss]",
            f'name = "{training.loss}"',
            "",
            "[optimizer]",
            f"learning_rate = {training.learning_rate}",
            f"final_learning_rate = {training.final_learning_rate}",
            f"clip = {training.clip}",
            "",
        ]
    )


def _trial(finished: Finished, settings: SearchSettings) -> dict[str, Any]:
    return {
        "proposal": finished.number,
        "state": "judged",
        "hyper_parameters": settings.hyper_parameters(finished.number).to_json(),
        "structure": finished.proposal.structure.to_json(),
        "judged": finished.judgment.to_json(),
        "seconds": finished.seconds,
    }


def _model_name(name: str) -> str:
    cleaned = re.sub(r"[^A-Za-z0-9._-]+", "-", name).lstrip("._-")[:100]
    return cleaned or "searched"
