import subprocess
from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_adaptive

from arllie_deploy import ArllieError
from arllie_deploy.adaptive_file import save
from arllie_deploy.models import MEMBERS, find_model
from arllie_deploy.pictures.night import night_picture
from arllie_deploy.results.quality.entries import GROUPS, enhance_with, refuse_uncommitted, seeds, shipped


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


def test_every_member_is_scored() -> None:
    assert [entry.name for entry in shipped()] == list(MEMBERS)
    assert {entry.name: entry.parameters for entry in shipped()}["arllie-lol"] == 84


def test_seeds_are_grouped_by_the_beginning_of_their_names(tmp_path: Path) -> None:
    for name in ("arllie-adaptive-published-seed0", "arllie-adaptive-seed1", "arllie-adaptive-int-seed0"):
        save(random_adaptive(), tmp_path / f"{name}.safetensors")
    found = [(entry.name, entry.group) for entry in seeds(tmp_path)]
    assert found == [
        ("arllie-adaptive-seed1", GROUPS["arllie-adaptive-seed"]),
        ("arllie-adaptive-int-seed0", GROUPS["arllie-adaptive-int-seed"]),
        ("arllie-adaptive-published-seed0", GROUPS["arllie-adaptive-published-seed"]),
    ]


def test_weights_of_no_group_are_refused(tmp_path: Path) -> None:
    save(random_adaptive(), tmp_path / "mine.safetensors")
    with pytest.raises(ArllieError, match="belongs to no group of seeds"):
        seeds(tmp_path)


def test_only_committed_weights_may_be_scored(tmp_path: Path) -> None:
    weights = tmp_path / "w.safetensors"
    save(random_adaptive(), weights)
    with pytest.raises(ArllieError, match="not committed"):
        refuse_uncommitted([weights])
    git(tmp_path, "init")
    with pytest.raises(ArllieError, match="not committed"):
        refuse_uncommitted([weights])
    git(tmp_path, "add", "w.safetensors")
    git(tmp_path, "commit", "-m", "weights")
    refuse_uncommitted([weights])
    save(random_adaptive(seed=1), weights)
    with pytest.raises(ArllieError, match="not committed"):
        refuse_uncommitted([weights])


def test_a_model_is_run_as_its_user_runs_it() -> None:
    frame, model = night_picture(), find_model("arllie-lol")
    assert np.abs(enhance_with(model)(frame).astype(int) - model.enhance(frame)).max() <= 1  # type: ignore[union-attr]
