"""A recipe of a general network: everything that decides such a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from arllie_deploy.errors import ArllieError
from arllie_deploy.training.darkening import Darkenings
from arllie_deploy.training.pictures_recipe import PAIRS, PicturesRecipe
from arllie_deploy.training.recipe import DataRecipe, LossRecipe, OptimizerRecipe, check_run
from arllie_deploy.training.recipe_table import check_range


@dataclass(frozen=True)
class NetworkRecipe:
    """What is trained.

    Attributes:
        system: a row of `systems.SYSTEMS`.
        arguments: of the network, checked by its system.
        start: a network file, a shipped member or a run's checkpoint.pt whose function the training starts from; "" is
            none.
        statistics: share of the steps in which normalizations follow the batches; then their statistics are fixed, and
            what is trained is what runs afterwards.
        average: share of the newest weights in the running average that is scored and written.
        trained: what the names of the trained parts begin with, separated by spaces; the rest stays as it starts. "" is
            everything.
    """

    system: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    start: str = ""
    statistics: float = 0.6
    average: float = 0.002
    trained: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.arguments, Mapping):
            raise ArllieError(f"network.arguments is {self.arguments!r}, expected a table")
        check_range("network.average", self.average, 1e-6, 0.5)
        check_range("network.statistics", self.statistics, 0.0, 1.0)
        if self.trained and not self.start:
            raise ArllieError("network.trained leaves parts as they start; name what they start from in network.start")


@dataclass(frozen=True)
class EnlargingRecipe:
    """Whole frames that were averaged down are enlarged again, and get the noise that averaging took.

    Attributes:
        least: the enlargement of each draw is uniform between this and `most`.
        most: as above; also the enlargement of held-out frames. 1 and 1: the frames are taken as they are.
        least_noise: the standard deviation is uniform between this and `most_noise`, in levels of 255; both are of the
            largest frames, and smaller ones have as much less as they are smaller.
        most_noise: as above; the noise of the brighter channels is `network_data.NOISE_OF_CHANNELS` times that.
        exposure_ev: the low frame's exposure is off by up to so many stops, uniformly.
    """

    least: float = 1.0
    most: float = 1.0
    least_noise: float = 0.0
    most_noise: float = 0.0
    exposure_ev: float = 0.0

    def __post_init__(self) -> None:
        check_range("enlarging.most", self.most, 1.0, 16.0)
        check_range("enlarging.least", self.least, 1.0, self.most)
        check_range("enlarging.most_noise", self.most_noise, 0.0, 64.0)
        check_range("enlarging.least_noise", self.least_noise, 0.0, self.most_noise)
        check_range("enlarging.exposure_ev", self.exposure_ev, 0.0, 4.0)


@dataclass(frozen=True)
class FramesRecipe:
    """Whole frames in steps of their own, of another enlargement in each step.

    Attributes:
        share: of the steps; 0 where there are none.
        batch: frames of such a step at ×1; larger ones are fewer, with about as many pixels.
        least: the enlargement is log-uniform between this and `most`.
        most: as above.
    """

    share: float = 0.0
    batch: int = 8
    least: float = 1.0
    most: float = 1.0

    def __post_init__(self) -> None:
        check_range("frames.share", self.share, 0.0, 1.0)
        check_range("frames.batch", self.batch, 1, 4096)
        check_range("frames.most", self.most, 0.25, 16.0)
        check_range("frames.least", self.least, 0.25, self.most)


@dataclass(frozen=True)
class RecordedRecipe:
    """Crops at full resolution, in steps of their own: they are smaller than what shows a scene's brightness.

    Attributes:
        share: of the steps; 0 where there are none.
        crop: sides of what is drawn from them; 0 is data.crop.
        batch: crops of such a step; 0 is data.batch.
    """

    share: float = 0.0
    crop: int = 0
    batch: int = 0

    def __post_init__(self) -> None:
        check_range("crops.share", self.share, 0.0, 0.9)
        check_range("crops.crop", self.crop, 0, 4096)
        check_range("crops.batch", self.batch, 0, 4096)


@dataclass(frozen=True)
class DistillationRecipe:
    """A term by which levels of the network mimic deeper ones.

    Attributes:
        weight: of the term; 0 is none.
        form: of the activation maps.
        pairs: "1<2 2<3": level 1 mimics level 2, level 2 level 3; "" are the system's own.
        start: share of the steps before it is switched on.
        ramp: share of the steps in which it grows to `weight`.
    """

    weight: float = 0.0
    form: str = "l2"
    pairs: str = ""
    start: float = 2 / 3
    ramp: float = 0.05

    def __post_init__(self) -> None:
        check_range("distillation.weight", self.weight, 0.0, 1e6)
        check_range("distillation.start", self.start, 0.0, 1.0)
        check_range("distillation.ramp", self.ramp, 0.0, 1.0)
        self.levels()

    def weight_at(self, done: float) -> float:
        """What the term is multiplied by after a share of the steps: 0 up to `start`, all from `start + ramp` on."""
        if done < self.start:
            return 0.0
        return self.weight if done >= self.start + self.ramp else self.weight * (done - self.start) / self.ramp

    def levels(self) -> tuple[tuple[int, int], ...]:
        """The pairs as numbers; raises `ArllieError` where they are none."""
        try:
            numbers = [tuple(int(level) for level in pair.split("<")) for pair in self.pairs.split()]
            return tuple((learner, teacher) for learner, teacher in numbers)
        except ValueError:
            raise ArllieError(f'distillation.pairs is {self.pairs!r}, expected pairs such as "1<2 2<3"') from None


@dataclass(frozen=True)
class TeacherRecipe:
    """Terms by which the network comes close to a trained one that sees what the former is to give.

    Attributes:
        file: a shipped network or a network file; "" is none.
        features: weight of the mean absolute differences of features.
        reconstruction: weight of that of what comes out.
    """

    file: str = ""
    features: float = 0.1
    reconstruction: float = 0.1

    def __post_init__(self) -> None:
        check_range("teacher.features", self.features, 0.0, 1e6)
        check_range("teacher.reconstruction", self.reconstruction, 0.0, 1e6)


@dataclass(frozen=True)
class NetworkRun:
    """One training run of a general network; the sections' names are those of the recipe file."""

    name: str
    network: NetworkRecipe
    data: DataRecipe
    loss: LossRecipe
    optimizer: OptimizerRecipe
    crops: RecordedRecipe = field(default_factory=RecordedRecipe)
    enlarging: EnlargingRecipe = field(default_factory=EnlargingRecipe)
    distillation: DistillationRecipe = field(default_factory=DistillationRecipe)
    teacher: TeacherRecipe = field(default_factory=TeacherRecipe)
    pictures: PicturesRecipe = field(default_factory=PicturesRecipe)
    frames: FramesRecipe = field(default_factory=FramesRecipe)
    darkening: Darkenings = field(default_factory=Darkenings)
    steps: int = 3000
    seed: int = 0
    evaluate_every: int = 250
    license: str = "MIT"

    def __post_init__(self) -> None:
        check_run(self.name, self.seed, self.evaluate_every, self.data, self.loss)
        check_range("steps", self.steps, 1, 10_000_000)
        if self.frames.share + self.crops.share > 1.0:
            raise ArllieError("frames.share and crops.share are more than all steps together")
        for name, given in (
            ("enlarging", self.enlarging),
            ("frames", self.frames),
            ("darkening", self.darkening),
        ):
            if self.pictures.kind != PAIRS and given != type(given)():
                raise ArllieError(f"[{name}] is for pictures.kind {PAIRS!r}; it is {self.pictures.kind!r}")

    @property
    def crop_of_each(self) -> dict[str, int]:
        """The sides of what is drawn from whole frames and from crops."""
        return {"whole": self.data.crop, "crops": self.crops.crop or self.data.crop}

    @property
    def batch_of_each(self) -> dict[str, int]:
        """How many pictures a step with whole frames has, and one with crops."""
        return {"whole": self.data.batch, "crops": self.crops.batch or self.data.batch}

    def kind_at(self, step: int) -> str:
        """What the pictures of a step are, drawn from the seed: a key of `crop_of_each`, or "frames"."""
        drawn = np.random.default_rng([self.seed, step, 1]).random()
        if drawn < self.crops.share:
            return "crops"
        return "frames" if drawn < self.crops.share + self.frames.share else "whole"

    @property
    def smallest_frame(self) -> int:
        """The smallest side that a whole frame may have."""
        return math.ceil(self.data.crop / self.enlarging.least)

    def with_overrides(self, *, seed: int | None, steps: int | None) -> NetworkRun:
        """The recipe with the command line's seed and steps, where given."""
        return replace(self, seed=self.seed if seed is None else seed, steps=self.steps if steps is None else steps)

    def to_json(self) -> dict[str, Any]:
        """The recipe as JSON values."""
        return asdict(self)
