"""A delegate's list of operators, as values: read from its data file, which cites where each fact is public."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Operand:
    """One kind of tensor that an operator takes or gives.

    Attributes:
        type: its name in the TFLite schema, such as "INT8".
        constant: whether it must be stored in the file (True) or computed (False); None: either.
        axis: it has one scale per index of this axis; None: one scale, or none where the type needs none.
        scale: exactly this one, None: any.
        zero_point: exactly this one for every scale, None: any that the type holds.
        least_scale_ratio: of the smallest to the largest scale along `axis`.
        shape: (least, most) extent of each axis, and so the rank; empty: any.
    """

    type: str
    constant: bool | None = None
    axis: int | None = None
    scale: float | None = None
    zero_point: int | None = None
    least_scale_ratio: float = 0.0
    shape: tuple[tuple[int, int], ...] = ()

    def describe(self) -> str:
        """For people: everything but shape and scales."""
        words = ["" if self.constant is None else "constant" if self.constant else "computed", self.type]
        words.append("" if self.axis is None else f"per channel on axis {self.axis}")
        words.append("" if self.zero_point is None else f"with zero point {self.zero_point}")
        return " ".join(word for word in words if word)


@dataclass(frozen=True)
class Slot:
    """One place in an operator's list of tensors: any of `kinds`; it may be absent, or come any number of times."""

    kinds: tuple[Operand, ...]
    optional: bool = False
    repeated: bool = False

    def describe(self) -> str:
        """For people."""
        return " or ".join(dict.fromkeys(kind.describe() for kind in self.kinds))


@dataclass(frozen=True)
class Form:
    """One combination of tensors that an operator may have.

    Attributes:
        inputs: in the schema's order.
        outputs: in the schema's order.
        api_level: the least Android API level, None where the delegate has none.
        options: name in the schema -> the values allowed.
        most: name in the schema -> the largest value allowed.
        rules: names of the relations between its tensors that must hold, from `relations.RELATIONS`.
    """

    inputs: tuple[Slot, ...]
    outputs: tuple[Slot, ...]
    api_level: int | None = None
    options: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    most: Mapping[str, int] = field(default_factory=dict)
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class ListedOperator:
    """An operator of the list: its versions (least, most) in the schema, and every form it may have."""

    versions: tuple[int, int]
    forms: tuple[Form, ...]


@dataclass(frozen=True)
class Source:
    """Where facts of a list are public, and what was read there."""

    url: str
    what: str


@dataclass(frozen=True)
class OperatorList:
    """What a delegate executes.

    Attributes:
        name: as in the table of targets.
        owner: for messages: whose list it is.
        read_on: the day on which the sources were read.
        sources: where they are.
        most_rank: of any tensor.
        folds_half_constants: it reads FLOAT16 constants in place of the DEQUANTIZE that follows them.
        operators: name in the schema -> what is allowed.
    """

    name: str
    owner: str
    read_on: date
    sources: tuple[Source, ...]
    most_rank: int
    folds_half_constants: bool
    operators: Mapping[str, ListedOperator]


def load_operator_list(path: Path) -> OperatorList:
    """Read a data file. An unknown key in it is a TypeError or a KeyError: the files are ours and tests read each."""
    table = tomllib.loads(path.read_text())
    kinds = {name: tuple(_operand(**kind) for kind in given) for name, given in table.pop("kinds").items()}
    operators = {name: _operator(kinds, **given) for name, given in table.pop("operators").items()}
    sources = tuple(Source(**source) for source in table.pop("sources"))
    return OperatorList(operators=operators, sources=sources, **table)


def _operand(shape: Sequence[Sequence[int]] = (), **given: Any) -> Operand:
    return Operand(shape=tuple((least, most) for least, most in shape), **given)


def _operator(
    kinds: Mapping[str, tuple[Operand, ...]],
    *,
    versions: Sequence[int],
    forms: Sequence[Mapping[str, Any]],
    options: Mapping[str, Sequence[Any]] | None = None,
    most: Mapping[str, int] | None = None,
    rules: Sequence[str] = (),
) -> ListedOperator:
    """What is said of an operator holds for each of its forms, beside what the form says itself."""
    made = []
    for form in forms:
        shared = {
            "options": {**(options or {}), **form.get("options", {})},
            "most": {**(most or {}), **form.get("most", {})},
            "rules": (*rules, *form.get("rules", ())),
        }
        made.append(_form(kinds, **{**form, **shared}))
    least, last = versions
    return ListedOperator((least, last), tuple(made))


def _form(
    kinds: Mapping[str, tuple[Operand, ...]],
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    options: Mapping[str, Sequence[Any]],
    most: Mapping[str, int],
    rules: Sequence[str],
    api_level: int | None = None,
) -> Form:
    return Form(
        inputs=tuple(_slot(kinds, text) for text in inputs),
        outputs=tuple(_slot(kinds, text) for text in outputs),
        api_level=api_level,
        options={name: tuple(values) for name, values in options.items()},
        most=most,
        rules=tuple(rules),
    )


def _slot(kinds: Mapping[str, tuple[Operand, ...]], text: str) -> Slot:
    """`name` of a kind, `name?` may be absent, `name...` comes once or more."""
    return Slot(kinds[text.rstrip("?.")], optional=text.endswith("?"), repeated=text.endswith("..."))
