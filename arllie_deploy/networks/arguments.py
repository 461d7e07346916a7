"""A network's configuration from the JSON values that a recipe or a network file gives."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from arllie_deploy.errors import ArllieError

Config = TypeVar("Config")


def config_from(kind: type[Config], system: str, values: Mapping[str, Any]) -> Config:
    """A configuration; what is left out has its default.

    Args:
        kind: a dataclass that checks its values.
        system: its name in messages.
        values: field -> value.

    Raises:
        ArllieError: on an unknown key, and what `kind` raises on a value out of range.
    """
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # a TypeVar cannot say "a dataclass"
    if unknown := sorted(set(values) - set(known)):
        raise ArllieError(f"{system}: unknown key {unknown[0]!r}; known: {', '.join(known)}")
    return kind(**values)


def check_choices(config: object, system: str, choices: Mapping[str, Collection[Any]]) -> None:
    """Raise `ArllieError` unless the named fields of a configuration have values that are known."""
    for name, known in choices.items():
        value = getattr(config, name)
        if value not in known:
            raise ArllieError(f"{system}: {name} is {value!r}; known: {', '.join(map(str, known))}")
