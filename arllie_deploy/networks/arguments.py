"""A network's configuration from the JSON values that a recipe or a network file gives, and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Self

from arllie_deploy.errors import ArllieError


@dataclass(frozen=True)
class Arguments:
    """What the configurations of all systems derive from; they check their values when they are made.

    Attributes:
        system: its name in messages.
    """

    system: ClassVar[str]

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The configuration of `to_json`; what is left out has its default.

        Raises:
            ArllieError: on an unknown key or a value out of range.
        """
        known = [field.name for field in fields(cls)]
        if unknown := sorted(set(values) - set(known)):
            raise ArllieError(f"{cls.system}: unknown key {unknown[0]!r}; known: {', '.join(known)}")
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)

    def check(self, choices: Mapping[str, Collection[Any]], where: str = "") -> None:
        """Raise `ArllieError` unless the named fields have values that are known, `where` in its words."""
        for name, known in choices.items():
            value = getattr(self, name)
            if value not in known:
                raise ArllieError(f"{self.system}: {name} is {value!r}; known{where}: {', '.join(map(str, known))}")
