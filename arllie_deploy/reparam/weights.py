"""The weights of a block as plain values: numpy arrays to fuse, or the live tensors of a block in training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True)
class NormWeights(Generic[A]):
    """Batch normalization over C channels, each array (C,); `training` is True while it uses the batch's statistics."""

    gamma: A
    beta: A
    mean: A
    variance: A
    epsilon: float
    training: bool = False

    def map(self, function: Callable[[A], B]) -> NormWeights[B]:
        """The same with `function` applied to each array."""
        gamma, beta, mean, variance = map(function, (self.gamma, self.beta, self.mean, self.variance))
        return NormWeights(gamma, beta, mean, variance, self.epsilon, self.training)


@dataclass(frozen=True)
class CellWeights(Generic[A]):
    """One cell.

    Attributes:
        operation: a row of `OPERATIONS`.
        kernel: learned operations: (out, in, rows, columns); fixed masks: the scale of each channel, (C,); skip: None.
        bias: (out,), None for skip.
        norm: None without batch normalization.
        padding_mode: how the cell continues its border; only "zeros" can be fused.
    """

    operation: str
    kernel: A | None
    bias: A | None
    norm: NormWeights[A] | None = None
    padding_mode: str = "zeros"

    def map(self, function: Callable[[A], B]) -> CellWeights[B]:
        """The same with `function` applied to each array."""
        return CellWeights(
            self.operation,
            None if self.kernel is None else function(self.kernel),
            None if self.bias is None else function(self.bias),
            None if self.norm is None else self.norm.map(function),
            self.padding_mode,
        )


@dataclass(frozen=True)
class BlockWeights(Generic[A]):
    """bias + Σ gain_n · branch_n: `bias` (3,), `gains` one scalar array per branch."""

    bias: A
    gains: tuple[A, ...]
    branches: tuple[tuple[CellWeights[A], ...], ...]

    def map(self, function: Callable[[A], B]) -> BlockWeights[B]:
        """The same with `function` applied to each array."""
        return BlockWeights(
            function(self.bias),
            tuple(function(gain) for gain in self.gains),
            tuple(tuple(cell.map(function) for cell in branch) for branch in self.branches),
        )
