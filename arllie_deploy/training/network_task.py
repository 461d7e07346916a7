"""A general network as something to train."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import to_frame
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.training.adaptive_data import crops_of
from arllie_deploy.training.data import FrameStore, Sample, Split, to_planes
from arllie_deploy.training.losses import find_loss
from arllie_deploy.training.network import Output
from arllie_deploy.training.network_data import Enlarged, Pictures, Recorded, draw_network_batch
from arllie_deploy.training.network_recipe import NetworkRun
from arllie_deploy.training.network_start import load_start
from arllie_deploy.training.precision import check_precision
from arllie_deploy.training.systems import Passed, Trainable, find_system
from arllie_deploy.training.task import Share, StepLoss
from arllie_deploy.training.trained_network import TrainedNetwork
from arllie_deploy.training.validation import Validation

# Of the noise on held-out frames: the same for every run, so that their scores can be compared.
_HELD_OUT_SEED = 2**32


@dataclass(frozen=True)
class HeldOut:
    """One picture: its `kind`, `low` (1, 3, H, W), `enhanced` likewise and not clamped, `high` (H, W, 3) integers."""

    kind: str
    low: Tensor
    enhanced: Tensor
    high: NDArray[Any]

    def frame(self) -> NDArray[Any]:
        """What a user would get: `enhanced` as integers."""
        values = np.moveaxis(self.enhanced[0].clamp(0.0, 1.0).cpu().double().numpy(), 0, 2)
        return to_frame(values, self.high.dtype)


class _Scores(NamedTuple):
    loss: float
    psnr_db: float
    clamped: float


class NetworkTask:
    """`Task` of a `NetworkRun`; its model is a TrainedNetwork.

    Args:
        recipe: of the run.
        split: whole frames; no scene is in both parts.
        crops: full-resolution crops of the same pictures, found by name; those of other pictures are left out.
        device: of the network.

    Raises:
        ArllieError: if the recipe's loss needs no references, it wants crops and there are none, its crops do not fit
            the network, its system or an argument is unknown, or what it starts from does not fit.
    """

    def __init__(self, recipe: NetworkRun, split: Split, crops: Sequence[Sample], device: torch.device) -> None:
        check_precision(recipe.optimizer.precision, device)
        torch.manual_seed(recipe.seed)
        self.recipe, self._device = recipe, device
        self._system = find_system(recipe.network.system)
        self._loss = find_loss(recipe.loss.name)
        self._check(crops)
        network = self._system.build(recipe.network.arguments)
        if recipe.network.start:
            self._system.adopt(network, load_start(recipe.network.start))
        self.start_is_a_candidate = bool(recipe.network.start)
        # Depthwise convolutions are twice as fast in this order of the values.
        self.network: nn.Module = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch leaves it out
        parts = (split.train, split.validation)
        details = [crops_of(crops, part) if recipe.crops.share and part else () for part in parts]
        # With the crops, which decide the run as much as the whole frames.
        self.split = Split((*split.train, *details[0]), (*split.validation, *details[1]))
        self._store = FrameStore()
        self._kinds = self._make_kinds(split.train, details[0])
        self._held_out = self._make_kinds(split.validation, details[1]) if split.validation else {}

    def step_loss(self, step: int, share: Share) -> StepLoss:
        """See `Task`."""
        recipe = self.recipe
        done = step / recipe.steps
        if done >= recipe.network.statistics:
            for part in self.network.modules():
                if isinstance(part, nn.BatchNorm2d):
                    part.eval()
        kind = recipe.kind_at(step)
        size = recipe.batch_of_each[kind]
        crop = recipe.crop_of_each[kind]
        batch = draw_network_batch(self._kinds[kind], size, seed=recipe.seed, step=step, crop=crop)
        part_of_batch = share.of(size)
        low, high = (self._tensor(array[part_of_batch]) for array in (batch.low, batch.high))
        passed = self._run(low)
        loss = self._loss.function(low, Output(passed.enhanced, None), high, recipe.loss)
        if weight := recipe.distillation.weight_at(done):
            loss = loss + weight * self._distillation(passed)
        return StepLoss(loss, batch.names)

    def unsound(self) -> str | None:
        """See `Task`."""
        sound = all(
            bool(torch.isfinite(value).all()) for value in self._system.deploy(self.network).state_dict().values()
        )
        return None if sound else "form for inference"

    def validate(self) -> Validation:
        """The mean over all held-out pictures.

        Crops do not show enough of a scene to tell its brightness: they count as the few pictures that they are.
        """
        scores = [self._score(picture) for picture in self.held_out()]
        if not scores:
            return Validation(None, None, True)
        loss, ratio, clamped = (fmean(values) for values in zip(*scores, strict=True))
        return Validation(loss, ratio, True, clamped)

    def to_model(self, provenance: dict[str, Any]) -> TrainedNetwork:
        """See `Task`."""
        recipe, system = self.recipe, self._system
        state = system.deploy(self.network).state_dict()
        return TrainedNetwork(
            name=recipe.name,
            factory=system.factory,
            arguments=system.arguments(recipe.network.arguments),
            state={name: value.cpu().contiguous().numpy() for name, value in state.items()},
            alignment=system.alignment,
            provenance=provenance,
            license=recipe.license,
        )

    def _check(self, crops: Sequence[Sample]) -> None:
        recipe, system = self.recipe, self._system
        if not self._loss.supervised:
            raise ArllieError(f"loss.name is {recipe.loss.name!r}: a network is trained on pairs only")
        for section, crop in zip(("data", "crops"), recipe.crop_of_each.values(), strict=True):
            if crop % system.alignment:
                raise ArllieError(f"{section}.crop is {crop}; {system.name} takes multiples of {system.alignment}")
        if recipe.crops.share and not crops:
            raise ArllieError(
                f"recipe {recipe.name} takes a share of full-resolution crops; give their folder: --crops"
            )

    def _make_kinds(self, samples: Sequence[Sample], crops: Sequence[Sample]) -> dict[str, Pictures]:
        kinds: dict[str, Pictures] = {"whole": Enlarged(samples, self._store, self.recipe.enlarging)}
        if self.recipe.crops.share:
            kinds["crops"] = Recorded(crops, self._store)
        return kinds

    def _run(self, low: Tensor) -> Passed:
        network = cast("Trainable", self.network)
        with torch.autocast(low.device.type, torch.bfloat16, enabled=self.recipe.optimizer.precision == "bf16"):
            return network.run(low)

    def _distillation(self, passed: Passed) -> Tensor:
        term = self.recipe.distillation
        pairs = term.levels() or self._system.pairs
        return self._system.distillation([level.float() for level in passed.levels], term.form, pairs)

    @torch.no_grad()
    def held_out(self) -> Iterator[HeldOut]:
        """Every held-out picture and what the network, which must be in evaluation mode, makes of it."""
        for name, kind in self._held_out.items():
            for index in range(len(kind.samples)):
                low, high = kind.whole(index, np.random.default_rng([_HELD_OUT_SEED, index]))
                y = self._tensor(to_planes([low]))
                yield HeldOut(name, y, self._whole(y), high)

    def _score(self, picture: HeldOut) -> _Scores:
        target, enhanced = self._tensor(to_planes([picture.high])), picture.enhanced
        loss = self._loss.function(picture.low, Output(enhanced, None), target, self.recipe.loss).item()
        clamped = ((enhanced < 0.0) | (enhanced > 1.0)).float().mean().item()
        return _Scores(loss, psnr(picture.frame(), picture.high), clamped)

    def _whole(self, y: Tensor) -> Tensor:
        """A frame of any size: reflected up to the next multiple, and cut."""
        height, width = y.shape[2:]
        below, right = (-side % self._system.alignment for side in (height, width))
        padded = functional.pad(y, (0, right, 0, below), mode="reflect")
        return self._run(padded).enhanced.float()[:, :, :height, :width]

    def _tensor(self, planes: NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(planes).to(self._device, memory_format=torch.channels_last)
