"""Heterogeneous distillation: a teacher that sees the clean picture guides what the student makes of the other one.

Published is the idea alone: implicit features and the reconstruction of the clean image guide the student. All else
here is ours: the teacher is the same network at twice the width, trained to give back what it sees, without the
shortcuts at full resolution, past which it would copy; features are compared at d6 to d9 through a 1×1 convolution
each, which is dropped after training. It is a term of the loss. What runs after training does not know of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from arllie_deploy.errors import ArllieError
from arllie_deploy.models.lw_isp.config import LwIspConfig
from arllie_deploy.models.lw_isp.deploy import adopt
from arllie_deploy.models.lw_isp.network import LEVELS, LwIsp, Pass


@dataclass(frozen=True)
class Weights:
    """Of the two terms; 0 leaves one out."""

    features: float = 0.1
    reconstruction: float = 0.1


class Teacher(nn.Module):
    """An autoencoder of clean pictures.

    Args:
        student: whose features it is to have the sizes of, at twice its width.

    Raises:
        ArllieError: if there is no network of twice the student's width.
    """

    def __init__(self, student: LwIspConfig) -> None:
        super().__init__()
        head = "packed" if student.scale == 2 else "enhancement"
        self.network = LwIsp(replace(student, head=head, width=2 * student.width, shortcuts="inner"))

    def run(self, clean: Tensor) -> Pass:
        """(N, 3, scale · H, scale · W) in [0, 1], where the student is given (N, C, H, W)."""
        packed = self.network.config.head == "packed"
        return self.network.run(functional.pixel_unshuffle(clean, 2) if packed else clean)

    def forward(self, clean: Tensor) -> Tensor:
        """What it gives back of a clean picture: the same shape, in (0, 1)."""
        return self.run(clean).enhanced


def trained_teacher(student: LwIspConfig, seen: Mapping[str, Any], state: Mapping[str, Tensor]) -> Teacher:
    """The teacher of a file, for inference.

    Args:
        student: whose teacher it is to be.
        seen: the arguments of the network in the file.
        state: its weights, in the form for inference.

    Raises:
        ArllieError: if it is another network than the student's teacher.
    """
    teacher = Teacher(student)
    wanted, has = teacher.network.config.to_json(), LwIspConfig.from_json(seen).to_json()
    if odd := [name for name, value in wanted.items() if has[name] != value]:
        of = ", ".join(f"{name} {has[name]!r}, not {wanted[name]!r}" for name in odd)
        raise ArllieError(f"lw-isp: the network of teacher.file is not this student's teacher: it has {of}")
    adopt(teacher.network, state)
    return teacher.eval().requires_grad_(False)


class Guidance(nn.Module):
    """What the student is told by the teacher; its parameters are trained with the student's.

    Args:
        student: the student's configuration.
        levels: of `LEVELS`, whose features are compared.
        weights: of the terms.

    Raises:
        ArllieError: on a level that the network does not have.
    """

    def __init__(self, student: LwIspConfig, levels: Sequence[str] = LEVELS, weights: Weights | None = None) -> None:
        super().__init__()
        for level in levels:
            if level not in LEVELS:
                raise ArllieError(f"distillation level {level!r}: the network has {', '.join(LEVELS)}")
        self.levels, self.weights = tuple(levels), weights or Weights()
        # d6 to d9 have the channels of d4 to d1.
        channels = dict(zip(LEVELS, reversed(student.channels[:-1]), strict=True))
        self.widen = nn.ModuleDict({level: nn.Conv2d(channels[level], 2 * channels[level], 1) for level in levels})

    def forward(self, student: Pass, teacher: Pass) -> Tensor:
        """A scalar: mean absolute differences of features, summed over the levels, and of what comes out, weighed.

        Args:
            student: of the picture.
            teacher: of its clean counterpart; nothing is learned by it.

        Raises:
            ArllieError: if a level is missing, or the two do not have the same sizes.
        """
        total = student.enhanced.new_zeros(())
        for level in self.levels:
            own, wanted = (_level(passed, level).float() for passed in (student, teacher))
            if own.shape[2:] != wanted.shape[2:] or wanted.shape[1] != 2 * own.shape[1]:
                shapes = f"{_shape(own)} and {_shape(wanted)}"
                raise ArllieError(f"distillation: {level} of student and teacher are {shapes} (C×H×W), and do not fit")
            total = total + self.weights.features * _difference(self.widen[level](own), wanted)
        return total + self.weights.reconstruction * _difference(student.enhanced, teacher.enhanced)


@torch.no_grad()
def taught(teacher: Teacher, clean: Tensor) -> Pass:
    """What a trained teacher tells of clean pictures, without gradients."""
    return teacher.run(clean)


def _level(passed: Pass, name: str) -> Tensor:
    place = LEVELS.index(name)
    if place >= len(passed.levels):
        raise ArllieError(f"distillation: there is no {name}; the network gave {len(passed.levels)} levels")
    return passed.levels[place]


def _difference(own: Tensor, wanted: Tensor) -> Tensor:
    return (own - wanted.detach()).abs().mean()


def _shape(x: Tensor) -> str:
    return "×".join(str(side) for side in x.shape[1:])
