"""What the rows of the tables of metrics and probes have in common, and how rows are found by their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, TypeVar

from arllie_deploy.errors import ArllieError

Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Figure:
    """One number per picture.

    Attributes:
        name: the id.
        unit: for people, "" where it has none.
        digits: after the point, for people.
        better: which direction is good.
    """

    name: str
    unit: str
    digits: int
    better: Better


Row = TypeVar("Row", bound=Figure)


def find_rows(names: str, table: Mapping[str, Row]) -> tuple[Row, ...]:
    """The rows of comma-separated names, each once, in their order.

    Raises:
        ArllieError: on an unknown name, with the nearest known one, or on none at all.
    """
    wanted = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
    if not wanted:
        raise ArllieError(f"no metric named; known: {', '.join(table)}")
    for name in wanted:
        if name not in table:
            close = get_close_matches(name, table, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(table)}"
            raise ArllieError(f"unknown metric {name!r}; {hint}")
    return tuple(table[name] for name in wanted)
