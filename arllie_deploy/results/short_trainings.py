"""Short trainings on equal seeds, kept once they are finished, and what their seeds can tell apart."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from arllie_deploy.atomic import ensure_folder, write_text
from arllie_deploy.errors import ArllieError
from arllie_deploy.results.page import summarize

if TYPE_CHECKING:
    from arllie_deploy.training.data import Split
    from arllie_deploy.training.network_recipe import NetworkRun

# Name of the row that the others are compared with.
REFERENCE = "reference"
# Student's t: how many standard errors hold 95 % of the means of so many differences (two-sided).
_T_95 = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57}


@dataclass(frozen=True)
class Measured:
    """What one training came to on the held-out scenes, means over their frames.

    Attributes:
        arm: name of the row.
        seed: of the training.
        recipe: what was trained, as JSON values.
        data: fingerprint of the pictures.
        psnr_db: mean.
        ssim: mean.
        clamped: share of the values beyond [0, 1].
        cpu_s: processor time.
    """

    arm: str
    seed: int
    recipe: Mapping[str, Any]
    data: str
    psnr_db: float
    ssim: float
    clamped: float
    cpu_s: float

    def figures(self) -> dict[str, Any]:
        """JSON values; without the recipe and the data, which a page's rows share."""
        return {name: value for name, value in asdict(self).items() if name not in ("recipe", "data")}


def run_all(recipes: Iterable[tuple[str, NetworkRun]], split: Split, work: Path) -> list[Measured]:
    """Every training, one after the other on one thread; those whose result lies in `work` are not repeated.

    Args:
        recipes: name of the row, and what is trained.
        split: the pictures, without crops.
        work: for results.

    Raises:
        ArllieError: if a result in `work` is of another recipe or other pictures.
    """
    import torch

    from arllie_deploy.training.fingerprint import fingerprint

    torch.set_num_threads(1)
    ensure_folder(work)
    digest = fingerprint(split)
    return [_measured_once(name, recipe, split, digest, work) for name, recipe in recipes]


def _measured_once(name: str, recipe: NetworkRun, split: Split, digest: str, work: Path) -> Measured:
    """One training and its figures, unless they lie in `work` from an earlier time; writes them there."""
    file = work / f"{name.replace(' ', '-')}-{recipe.seed}.json"
    if not file.exists():
        found = _train(name, recipe, split, digest, work / "run")
        write_text(file, json.dumps(asdict(found), indent=1, sort_keys=True) + "\n")
        sys.stderr.write(f"{name}, seed {recipe.seed}: {found.psnr_db:.2f} dB, {found.cpu_s:.0f} s\n")
    return _read(file, recipe, digest)


def _read(file: Path, recipe: NetworkRun, digest: str) -> Measured:
    found = Measured(**json.loads(file.read_text()))
    if found.recipe != json.loads(json.dumps(recipe.to_json())) or found.data != digest:
        raise ArllieError(f"{file}: a result of another recipe or other pictures; delete it, or give another --work")
    return found


def _train(name: str, recipe: NetworkRun, split: Split, digest: str, folder: Path) -> Measured:
    """One training and its figures; `folder` is for what the loop writes."""
    import torch

    from arllie_deploy.quality.psnr import psnr
    from arllie_deploy.quality.ssim import ssim
    from arllie_deploy.training.loop import run_task
    from arllie_deploy.training.network_task import NetworkTask

    started, cpu = time.process_time(), torch.device("cpu")
    task = NetworkTask(recipe, split, (), cpu)
    trained = run_task(task, folder, resume=False, force=True, device=cpu, report=lambda _: None)
    found = [(picture.frame(), picture.high) for picture in task.held_out()]
    psnr_db, similarity = (fmean(figure(*pair) for pair in found) for figure in (psnr, ssim))
    clamped = trained.validation.clamped
    assert clamped is not None
    spent = time.process_time() - started
    return Measured(name, recipe.seed, recipe.to_json(), digest, psnr_db, similarity, clamped, spent)


def differences(measured: Sequence[Measured], name: str, figure: str) -> list[float]:
    """What a row gains over the reference, seed by seed: the two share their batches."""
    of = {(one.arm, one.seed): getattr(one, figure) for one in measured}
    return [of[name, seed] - of[REFERENCE, seed] for arm, seed in of if arm == name]


def verdict(measured: Sequence[Measured], name: str) -> str:
    """Whether the seeds can tell a row from the reference: whether 0 is outside the 95 % interval of the gain."""
    gain = summarize(differences(measured, name, "psnr_db"))
    if abs(gain.mean) <= _T_95[gain.count] * (gain.deviation or 0.0) / math.sqrt(gain.count):
        return "not told apart"
    return "better" if gain.mean > 0 else "worse"


def compared(measured: Sequence[Measured], name: str) -> tuple[str, str, str]:
    """Cells of a row: PSNR, what it gains over the reference, and the verdict; the reference has the first alone."""
    psnr_db = summarize([one.psnr_db for one in measured if one.arm == name]).show(2)
    if name == REFERENCE:
        return psnr_db, "", ""
    return psnr_db, summarize(differences(measured, name, "psnr_db")).show(2), verdict(measured, name)
