"""The operators an epilogue may use, as values.

A value is named by a string: `y` is the frame, `u` the output of the convolution. Each operator reads such names and
produces one; `scalars` are its numbers by their role. Every format writer translates these few types and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

Scalars = Mapping[str, float]


@dataclass(frozen=True)
class Sigmoid:
    """output = 1 / (1 + exp(-input))."""

    input: str
    output: str
    scalars: ClassVar[Scalars] = {"one": 1.0}


@dataclass(frozen=True)
class Exp:
    """output = exp(input)."""

    input: str
    output: str
    scalars: ClassVar[Scalars] = {}


@dataclass(frozen=True)
class Relu:
    """output = max(input, 0)."""

    input: str
    output: str
    scalars: ClassVar[Scalars] = {}


@dataclass(frozen=True)
class Add:
    """output = left + right."""

    left: str
    right: str
    output: str
    scalars: ClassVar[Scalars] = {}


@dataclass(frozen=True)
class AddConstant:
    """output = input + constant."""

    input: str
    constant: float
    output: str

    @property
    def scalars(self) -> Scalars:
        """The constant."""
        return {"addend": self.constant}


@dataclass(frozen=True)
class Multiply:
    """output = left * right."""

    left: str
    right: str
    output: str
    scalars: ClassVar[Scalars] = {}


@dataclass(frozen=True)
class MultiplyConstant:
    """output = input * constant."""

    input: str
    constant: float
    output: str

    @property
    def scalars(self) -> Scalars:
        """The constant."""
        return {"factor": self.constant}


@dataclass(frozen=True)
class Divide:
    """output = left / right."""

    left: str
    right: str
    output: str
    scalars: ClassVar[Scalars] = {}


@dataclass(frozen=True)
class Minimum:
    """output = min(input, bound)."""

    input: str
    bound: float
    output: str

    @property
    def scalars(self) -> Scalars:
        """The bound."""
        return {"bound": self.bound}


@dataclass(frozen=True)
class Clamp:
    """output = min(max(input, low), high)."""

    input: str
    low: float
    high: float
    output: str

    @property
    def scalars(self) -> Scalars:
        """The two bounds."""
        return {"low": self.low, "high": self.high}


Operator = Sigmoid | Exp | Relu | Add | AddConstant | Multiply | MultiplyConstant | Divide | Minimum | Clamp


def scalar_name(operator: Operator, role: str) -> str:
    """The name of one of the operator's scalars, unique in an epilogue."""
    return f"{operator.output}_{role}"
