"""Short trainings of LW-ISP's RAW head with and without a teacher, on the same seeds at equal steps."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from arllie_deploy.atomic import ensure_folder
from arllie_deploy.networks.network import Network, sha256_of
from arllie_deploy.networks.network_file import load
from arllie_deploy.results.page import summarize, table
from arllie_deploy.results.short_trainings import REFERENCE, Measured, compared, run_all

if TYPE_CHECKING:
    from arllie_deploy.training.data import Split
    from arllie_deploy.training.network_recipe import NetworkRun
    from arllie_deploy.training.trained_network import TrainedNetwork

SEEDS = (21, 22, 23, 24)
_WIDTH, _STEPS, _TEACHER_SEED = 0.25, 400, 20


@dataclass(frozen=True)
class Arm:
    """One row, and the weights of the two terms that a teacher adds; both 0 is no teacher."""

    name: str
    title: str
    features: float = 0.0
    reconstruction: float = 0.0


ARMS = (
    Arm(REFERENCE, "without a teacher"),
    Arm("both", "features and reconstruction", 0.1, 0.1),
    Arm("features", "features alone", 0.1),
    Arm("reconstruction", "reconstruction alone", 0.0, 0.1),
)


def student_recipe(arm: Arm, seed: int, teacher: Path) -> NetworkRun:
    """The short training of a row."""
    from arllie_deploy.training.network_recipe import TeacherRecipe

    taught = bool(arm.features or arm.reconstruction)
    weights = TeacherRecipe(str(teacher), arm.features, arm.reconstruction) if taught else TeacherRecipe()
    return _recipe("student", {"head": "raw", "width": _WIDTH}, "raw", seed, teacher=weights)


def teacher_recipe() -> NetworkRun:
    """The equally short training of the teacher: the packed head at twice the width, of what it sees."""
    return _recipe("teacher", {"head": "packed", "width": 2 * _WIDTH, "shortcuts": "inner"}, "clean", _TEACHER_SEED)


def teacher_file(split: Split, work: Path) -> Path:
    """Where in `work` the teacher of these pictures lies; another recipe or other pictures have another name."""
    from arllie_deploy.training.fingerprint import fingerprint

    decided = json.dumps([teacher_recipe().to_json(), fingerprint(split)], sort_keys=True)
    return work / f"teacher-{hashlib.sha256(decided.encode()).hexdigest()[:12]}.safetensors"


def teach(split: Split, work: Path) -> Path:
    """Train the teacher, unless its file is there; gives the file.

    Raises:
        CheckFailedError: if it cannot be packaged.
    """
    import torch

    from arllie_deploy.training.loop import run_task
    from arllie_deploy.training.network_task import NetworkTask

    ensure_folder(work)
    path = teacher_file(split, work)
    if not path.exists():
        torch.set_num_threads(1)
        cpu = torch.device("cpu")
        task = NetworkTask(teacher_recipe(), split, (), cpu)
        trained = run_task(task, work / "run", resume=False, force=True, device=cpu, report=lambda _: None)
        _package(trained.enhancer, path)
        sys.stderr.write(f"teacher: {trained.validation.psnr_db:.2f} dB\n")
    return path


def run(arms: Sequence[Arm], seeds: Sequence[int], split: Split, teacher: Path, work: Path) -> list[Measured]:
    """Every training, one after the other on one thread; those whose result lies in `work` are not repeated.

    Args:
        arms: the rows.
        seeds: of each row.
        split: clean pictures, without crops.
        teacher: its file.
        work: for results.

    Raises:
        ArllieError: if a result in `work` is of another recipe, another teacher or other pictures.
    """
    recipes = [(arm.name, student_recipe(arm, seed, teacher)) for seed in seeds for arm in arms]
    return run_all(recipes, split, work)


def distillation_part(measured: Sequence[Measured], teacher: Path) -> str:
    """The section of the page."""
    validation = load(teacher).provenance["validation"]
    minutes = sum(one.cpu_s for one in measured) / 60
    seeds = len({one.seed for one in measured})
    return "\n\n".join(
        [
            "## Distillation",
            "The RAW head at a quarter of its width, with and without a teacher of twice that width, "
            f"{_STEPS} steps of 8 squares of 64×64, charbonnier, AdamW from 1e-3 down a cosine; frames of 150×100 "
            f"without crops. The same {seeds} seeds in every row, which begin with the same weights and see the "
            "same batches. PSNR and SSIM in the camera's colors on the held-out scenes, mean ± standard deviation; a "
            "difference is taken seed by seed, and told apart from 0 where that is outside the 95 % interval "
            "(Student's t).",
            table(["", "PSNR (dB)", "against none", "at 95 %", "SSIM"], _rows(measured)),
            f"The teacher was trained for as many steps; it gives clean pictures back with {validation['psnr_db']:.2f} "
            "dB, without the shortcuts at full resolution. So this is what a short-trained teacher is worth early in "
            "a short training; the paper's own terms, weights and teacher are not known. Teacher and guidance are gone "
            f"after training: every row costs the same in use. {minutes:.0f} minutes of one core for the students.",
        ]
    )


def _rows(measured: Sequence[Measured]) -> list[list[str]]:
    rows = []
    for arm in ARMS:
        ssim = summarize([one.ssim for one in measured if one.arm == arm.name])
        rows.append([arm.title, *compared(measured, arm.name), ssim.show(4)])
    return rows


def _recipe(name: str, arguments: dict[str, Any], kind: str, seed: int, **sections: Any) -> NetworkRun:
    from arllie_deploy.training.network_recipe import NetworkRecipe, NetworkRun
    from arllie_deploy.training.pictures_recipe import PicturesRecipe
    from arllie_deploy.training.recipe import DataRecipe, LossRecipe, OptimizerRecipe

    return NetworkRun(
        name=name,
        network=NetworkRecipe("lw-isp", arguments),
        data=DataRecipe(crop=64, batch=8, validation_fraction=0.08),
        loss=LossRecipe("charbonnier"),
        optimizer=OptimizerRecipe(learning_rate=1e-3, final_learning_rate=1e-6, weight_decay=1e-8, clip=1.0),
        pictures=PicturesRecipe(kind),
        steps=_STEPS,
        seed=seed,
        evaluate_every=_STEPS,
        **sections,
    )


def _package(trained: TrainedNetwork, path: Path) -> None:
    from arllie_deploy.export.networks.packaging import package_apart

    facts = {field.name: getattr(trained, field.name) for field in fields(trained) if field.name != "state"}
    with TemporaryDirectory(dir=path.parent, prefix=".packaging-") as folder:
        trained.save_weights(weights := Path(folder) / "weights.safetensors")
        package_apart(Network(**facts, weights=weights, sha256=sha256_of(weights)), path)
