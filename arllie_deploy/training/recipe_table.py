"""From the tables of a TOML file to checked dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from arllie_deploy.errors import ArllieError

T = TypeVar("T")


def section(kind: type[T], name: str, table: Mapping[str, Any]) -> T:
    """The dataclass of the table `[name]`, which may be left out; raises `ArllieError` as `build` does."""
    values = table.get(name, {})
    if not isinstance(values, dict):
        raise ArllieError(f"{name} is not a table; write [{name}]")
    return build(kind, f"{name}.", values)


def build(kind: type[T], prefix: str, values: Mapping[str, Any]) -> T:
    """The dataclass `kind`; raises `ArllieError` naming the key that is missing, unknown or of a wrong type."""
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]  # every `kind` here is a dataclass
    if unknown := sorted(set(values) - set(known)):
        raise ArllieError(f"unknown key {prefix}{unknown[0]}; known: {', '.join(known)}")
    checked = {name: _typed(prefix + name, str(known[name].type), value) for name, value in values.items()}
    try:
        return kind(**checked)
    except TypeError:
        missing = [name for name in known if name not in values]
        raise ArllieError(f"missing key, one of {', '.join(prefix + name for name in missing)}") from None


def check_range(key: str, value: float, low: float, high: float) -> None:
    """Raise `ArllieError` unless `low` <= `value` <= `high`."""
    if not low <= value <= high:
        raise ArllieError(f"{key} is {value!r}, expected {low} to {high}")


def check_choice(key: str, value: str, known: tuple[str, ...]) -> None:
    """Raise `ArllieError` unless `value` is one of `known`."""
    if value not in known:
        raise ArllieError(f"{key} is {value!r}; known: {', '.join(known)}")


def _typed(key: str, annotation: str, value: Any) -> Any:
    if annotation == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if annotation.startswith("tuple"):
        if isinstance(value, list) and all(isinstance(b, list) and all(isinstance(c, str) for c in b) for b in value):
            return tuple(tuple(branch) for branch in value)
        raise ArllieError(f"{key} is not a list of lists of strings")
    kinds = {"str": str, "int": int, "float": float}
    if annotation in kinds and (not isinstance(value, kinds[annotation]) or isinstance(value, bool)):
        raise ArllieError(f"{key} is {value!r}, expected {annotation}")
    return value
