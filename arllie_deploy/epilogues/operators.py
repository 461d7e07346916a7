"""The operators an epilogue may use, as values.

A value is named by a string: `y` is the frame, `u` the output of the convolution. Each operator reads such names and
produces one. Every format writer translates these few types and nothing else.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sigmoid:
    """output = 1 / (1 + exp(-input))."""

    input: str
    output: str


@dataclass(frozen=True)
class Exp:
    """output = exp(input)."""

    input: str
    output: str


@dataclass(frozen=True)
class Add:
    """output = left + right."""

    left: str
    right: str
    output: str


@dataclass(frozen=True)
class AddConstant:
    """output = input + constant."""

    input: str
    constant: float
    output: str


@dataclass(frozen=True)
class Multiply:
    """output = left * right."""

    left: str
    right: str
    output: str


@dataclass(frozen=True)
class Divide:
    """output = left / right."""

    left: str
    right: str
    output: str


@dataclass(frozen=True)
class Minimum:
    """output = min(input, bound)."""

    input: str
    bound: float
    output: str


@dataclass(frozen=True)
class Clamp:
    """output = min(max(input, low), high)."""

    input: str
    low: float
    high: float
    output: str


Operator = Sigmoid | Exp | Add | AddConstant | Multiply | Divide | Minimum | Clamp
