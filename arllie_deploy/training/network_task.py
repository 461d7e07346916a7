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
from arllie_deploy.training.averaged import Averaged
from arllie_deploy.training.data import FrameStore, Sample, Split
from arllie_deploy.training.frame_batches import draw_frame_batch
from arllie_deploy.training.losses import find_loss
from arllie_deploy.training.made_pictures import Made
from arllie_deploy.training.network import Output
from arllie_deploy.training.network_data import Enlarged, NetworkBatch, Pictures, Recorded, draw_network_batch
from arllie_deploy.training.network_recipe import NetworkRun
from arllie_deploy.training.network_start import begin_with, load_teaching, train_only
from arllie_deploy.training.picture_kinds import find_maker
from arllie_deploy.training.precision import check_precision
from arllie_deploy.training.systems import Passed, Trainable, check_system, find_system
from arllie_deploy.training.task import Share, StepLoss
from arllie_deploy.training.trained_network import TrainedNetwork
from arllie_deploy.training.validation import Validation

# Of the noise on held-out frames: the same for every run, so that their scores can be compared.
_HELD_OUT_SEED = 2**32


@dataclass(frozen=True)
class HeldOut:
    """One picture.

    Attributes:
        kind: "whole" or "crops".
        low: (1, channels, H / scale, W / scale), what the network is given.
        enhanced: (1, output channels, H, W), not clamped.
        wanted: the same shape.
        high: the same as integers (H, W, output channels).
    """

    kind: str
    low: Tensor
    enhanced: Tensor
    wanted: Tensor
    high: NDArray[Any]

    def frame(self) -> NDArray[Any]:
        """What a user would get: `enhanced` as integers."""
        values = self.enhanced[0].clamp(0.0, 1.0).cpu().double().numpy()
        return to_frame(np.moveaxis(values, 0, 2), self.high.dtype)


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
        ArllieError: if the recipe's loss needs no references, it wants crops and there are none, its system or an
            argument is unknown, its pictures or crops do not fit the network, or what it starts from or its teacher
            does not.
    """

    def __init__(self, recipe: NetworkRun, split: Split, crops: Sequence[Sample], device: torch.device) -> None:
        check_precision(recipe.optimizer.precision, device)
        torch.manual_seed(recipe.seed)
        self.recipe, self._device = recipe, device
        self._system = find_system(recipe.network.system)
        self._loss = find_loss(recipe.loss.name)
        self._check(crops)
        self._frames = self._system.frames(recipe.network.arguments)
        network = self._system.build(recipe.network.arguments)
        if recipe.network.start:
            begin_with(network, self._system, recipe.network.start)
        if recipe.network.trained:
            train_only(network, recipe.network.trained.split())
        self.start_is_a_candidate = bool(recipe.network.start)
        self._student = Averaged(self._placed(network), recipe.network.average)
        self.network: nn.Module = self._student
        self._teacher: nn.Module | None = None
        if recipe.teacher.file:
            # After the student: it begins with the same weights with and without a teacher.
            self._teacher, self._guidance = map(self._placed, load_teaching(recipe))
            self.network = nn.ModuleDict({"student": self._student, "guidance": self._guidance})
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
        self._student.follow(step)
        if done >= recipe.network.statistics:
            for part in self.network.modules():
                if isinstance(part, nn.BatchNorm2d):
                    part.eval()
        batch = self._draw(step)
        count = len(batch.names)
        if count % share.size:
            raise ArllieError(f"frames: {share.size} processes cannot share the {count} frames of step {step}; use one")
        part_of_batch = share.of(count)
        low, high = (self._tensor(array[part_of_batch]) for array in (batch.low, batch.high))
        passed = self._run(self._student.live, low)
        loss = self._loss.function(low, Output(passed.enhanced, None), high, recipe.loss)
        if weight := recipe.distillation.weight_at(done):
            loss = loss + weight * self._distillation(passed)
        if self._teacher is not None:
            with torch.no_grad():
                told = self._run(self._teacher, high)
            loss = loss + self._guidance(passed, told)
        return StepLoss(loss, batch.names)

    def _draw(self, step: int) -> NetworkBatch:
        recipe = self.recipe
        kind = recipe.kind_at(step)
        if kind == "frames":
            frames = cast("Enlarged", self._kinds["whole"])
            return draw_frame_batch(
                frames, recipe.frames, seed=recipe.seed, step=step, alignment=self._frames.alignment
            )
        size, crop = recipe.batch_of_each[kind], recipe.crop_of_each[kind]
        return draw_network_batch(self._kinds[kind], size, seed=recipe.seed, step=step, crop=crop)

    def unsound(self) -> str | None:
        """See `Task`."""
        sound = all(
            bool(torch.isfinite(value).all())
            for value in self._system.deploy(self._student.average).state_dict().values()
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
        state = system.deploy(self._student.average).state_dict()
        return TrainedNetwork(
            name=recipe.name,
            factory=system.factory,
            arguments=system.arguments(recipe.network.arguments),
            state={name: value.cpu().contiguous().numpy() for name, value in state.items()},
            alignment=self._frames.alignment,
            minimum=self._frames.minimum,
            channels=self._frames.channels,
            scale=self._frames.scale,
            color=self._frames.color,
            output_channels=len(self._frames.output_color),
            output_color=self._frames.output_color,
            provenance=provenance,
            license=recipe.license,
        )

    def _check(self, crops: Sequence[Sample]) -> None:
        recipe = self.recipe
        check_system(recipe)
        if not self._loss.supervised:
            raise ArllieError(f"loss.name is {recipe.loss.name!r}: a network is trained on pairs only")
        if recipe.crops.share and not crops:
            raise ArllieError(
                f"recipe {recipe.name} takes a share of full-resolution crops; give their folder: --crops"
            )

    def _make_kinds(self, samples: Sequence[Sample], crops: Sequence[Sample]) -> dict[str, Pictures]:
        recipe, frames = self.recipe, self._frames
        maker = find_maker(recipe.pictures, frames.channels, frames.scale)
        kinds: dict[str, Pictures] = {}
        if maker is None:
            kinds["whole"] = Enlarged(samples, self._store, recipe.enlarging, recipe.darkening)
        else:
            kinds["whole"] = Made(samples, self._store, maker, frames.scale)
        if recipe.crops.share:
            recorded = Recorded(crops, self._store)
            kinds["crops"] = recorded if maker is None else Made(crops, self._store, maker, frames.scale)
        return kinds

    def _placed(self, network: nn.Module) -> nn.Module:
        # Depthwise convolutions are twice as fast in this order of the values.
        placed: nn.Module = network.to(self._device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch leaves it out
        return placed

    def _run(self, network: nn.Module, y: Tensor) -> Passed:
        with torch.autocast(y.device.type, torch.bfloat16, enabled=self.recipe.optimizer.precision == "bf16"):
            return cast("Trainable", network).run(y)

    def _distillation(self, passed: Passed) -> Tensor:
        term, distillation = self.recipe.distillation, self._system.distillation
        assert distillation is not None
        pairs = term.levels() or self._system.pairs
        return distillation([level.float() for level in passed.levels], term.form, pairs)

    @torch.no_grad()
    def held_out(self) -> Iterator[HeldOut]:
        """Every held-out picture and what the network, which must be in evaluation mode, makes of it."""
        for name, kind in self._held_out.items():
            for index in range(len(kind.samples)):
                rng = np.random.default_rng([_HELD_OUT_SEED, index])
                low, high = kind.whole(index, rng)
                y, wanted = (self._tensor(planes[None]) for planes in kind.planes(low, high, rng))
                integers = to_frame(np.moveaxis(wanted[0].cpu().double().numpy(), 0, 2), high.dtype)
                yield HeldOut(name, y, self._whole(y), wanted, integers)

    def _score(self, picture: HeldOut) -> _Scores:
        enhanced = picture.enhanced
        loss = self._loss.function(picture.low, Output(enhanced, None), picture.wanted, self.recipe.loss).item()
        clamped = ((enhanced < 0.0) | (enhanced > 1.0)).float().mean().item()
        return _Scores(loss, psnr(picture.frame(), picture.high), clamped)

    def _whole(self, y: Tensor) -> Tensor:
        """A frame of any size: reflected up to the next one that the network takes, and cut."""
        height, width = y.shape[2:]
        alignment, scale = self._frames.alignment, self._frames.scale
        below, right = (-(-max(side, self._frames.minimum) // alignment) * alignment - side for side in (height, width))
        padded = functional.pad(y, (0, right, 0, below), mode="reflect")
        enhanced = self._run(self._student.average, padded).enhanced.float()
        return enhanced[:, :, : scale * height, : scale * width]

    def _tensor(self, planes: NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(planes).to(self._device, memory_format=torch.channels_last)
