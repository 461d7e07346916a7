"""One thing to export: which model, to which target, in which precision and size."""

from dataclasses import dataclass, field
from pathlib import Path

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.export.calibration import Calibration
from arllie_deploy.export.parity import EMULATED_SIZE, ODD_SIZE, Check
from arllie_deploy.export.targets import Target
from arllie_deploy.frames import COLOR
from arllie_deploy.stored_model import Model

Size = tuple[int, int]


@dataclass(frozen=True)
class Job:
    """Export `model` to `target`; `size` is (width, height)."""

    target: Target
    model: Model
    precision: str
    size: Size
    calibration: Calibration = field(default_factory=Calibration)

    @property
    def color(self) -> str:
        """Order of a frame's channels."""
        return COLOR

    @property
    def file_name(self) -> str:
        """The artifact's name in the output folder."""
        return self.target.file_name(self.model.name, self.precision, self.size)

    def form_problem(self) -> str | None:
        """Why this target cannot carry this model in this precision, naming the member that it can; None if it can."""
        if isinstance(self.model, AdaptiveEnhancer):
            return self._adaptive_problem(self.model)
        forms = self.target.forms(self.precision)
        if self.model.epilogue in forms:
            return None
        return (
            f"target {self.target.name} {self.precision} takes the form {' or '.join(forms)}, and {self.model.name} "
            f"is {self.model.epilogue}; use --model {self.target.default_model(self.precision)}"
        )

    def _adaptive_problem(self, model: AdaptiveEnhancer) -> str | None:
        able = self.target.adaptive_precisions
        if self.precision not in able:
            instead = (
                f"export it in {' or '.join(able)}" if able else "give a fixed one, for example --model arllie-lol"
            )
            return f"target {self.target.name} carries no adaptive model in {self.precision}; {instead}"
        forms = self.target.adaptive_forms
        if model.epilogue not in forms:
            instead = f"use one that is {' or '.join(forms)}, for example arllie-adaptive"
            return f"target {self.target.name} carries no adaptive model that is {model.epilogue}; {instead}"
        if self.target.constant_filters and model.head.basis is None:
            member = "a model with a basis, for example --model arllie-adaptive-int"
            return f"target {self.target.name} needs constant filters, {model.name} makes new ones; use {member}"
        return None

    def places(self, scratch: Path) -> dict[Size, Path]:
        """Size -> the file to write for it; the artifact itself is the last."""
        others: list[Size] = []
        if not self.target.dynamic:
            others = [EMULATED_SIZE if self.target.emulated else ODD_SIZE]
        places = {}
        for size in [*(other for other in others if other != self.size), self.size]:
            folder = scratch / f"{size[0]}x{size[1]}"
            folder.mkdir()
            places[size] = folder / self.target.file_name(self.model.name, self.precision, size)
        return places

    def checks(self, files: dict[Size, Path]) -> list[Check]:
        """What the runtime is given of the files that were written."""
        if self.target.dynamic:
            return checks_of_any_size(self.target, files[self.size], self.size)
        if self.target.emulated:
            return [Check(path, size, one_frame=size != EMULATED_SIZE) for size, path in files.items()]
        # Sixteen bits with mixed filters take seconds for a full frame, too.
        slow = isinstance(self.model, AdaptiveEnhancer) and self.precision == "int16x8"
        return [Check(path, size, one_frame=slow and size != ODD_SIZE) for size, path in files.items()]


def checks_of_any_size(target: Target, path: Path, size: Size) -> list[Check]:
    """What the runtime of a `dynamic` target is given of its one file: `size` (width, height) and an odd one."""
    if not target.emulated:
        return [Check(path, size), Check(path, ODD_SIZE)]
    return [Check(path, EMULATED_SIZE), Check(path, ODD_SIZE), Check(path, size, one_frame=True)]


def require_form(job: Job) -> Job:
    """The job; raises `ArllieError` if the target cannot carry its model's form."""
    problem = job.form_problem()
    if problem is not None:
        raise ArllieError(problem)
    return job
