"""The figures of a row under flat names, in the order of `Row`: the columns of the CSV and the details of the page."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from arllie_deploy.bench.row import THIS_MACHINE, Row

_SCALARS = (str, int, float, bool)
_UNIT = "_ms"


@cache
def columns() -> tuple[str, ...]:
    """Every name; a unit ends it, and a count has none. Series are not among them."""
    return tuple(name for name, _ in _named(Row, None, "", ""))


def flatten(row: Row) -> dict[str, Any]:
    """Column -> value; None where the row has no such figure."""
    return dict(_named(Row, row, "", ""))


def counted(row: Row) -> str | None:
    """What stands where a row without a time would have its time: packets of an emulator, cycles of a compiler."""
    if row.packets_per_pixel is not None:
        return f"{row.packets_per_pixel:.3f} packets/pixel"
    return None if row.cycles is None else f"{row.cycles / 1e6:.2f} M cycles"


def row_title(row: Row, model: str) -> str:
    """What tells a row from the others of its run; `model` is the one that most of them ran."""
    return " · ".join([row.label, row_settings(row), *row_exceptions(row, model)])


def row_settings(row: Row) -> str:
    """Backend, precision and threads."""
    threads = [] if row.threads is None else [f"{row.threads} thread{'' if row.threads == 1 else 's'}"]
    return " · ".join([row.backend, row.precision, *threads])


def row_exceptions(row: Row, model: str) -> list[str]:
    """The row's model where it is not `model`, and its device where it is not this machine."""
    device = None if row.device == THIS_MACHINE else row.device
    return [name for name in (row.model if row.model != model else None, device) if name]


def _named(kind: Any, value: Any, prefix: str, unit: str) -> Iterator[tuple[str, Any]]:
    """The scalars of a dataclass, and of those inside it; `infer_ms` with `p50` inside becomes `infer_p50_ms`."""
    hints = get_type_hints(kind)
    for field in fields(kind):
        inner = _inner(hints[field.name])
        found = None if value is None else getattr(value, field.name)
        if is_dataclass(inner):
            of_times = field.name.endswith(_UNIT)
            yield from _named(inner, found, f"{prefix}{field.name.removesuffix(_UNIT)}_", _UNIT if of_times else "")
        elif isinstance(inner, type) and issubclass(inner, _SCALARS):
            yield f"{prefix}{field.name}{unit if inner is float else ''}", found


def _inner(hint: Any) -> Any:
    """The type beside None."""
    if get_origin(hint) is not UnionType:
        return hint
    given = [member for member in get_args(hint) if member is not NoneType]
    return given[0] if len(given) == 1 else hint
