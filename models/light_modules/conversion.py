"""How a network of another system is lightened, as the key `light` of its arguments says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from arllie_deploy.errors import ArllieError
from arllie_deploy.models.light_modules.lighten import KEEP
from arllie_deploy.models.light_modules.options import Lightening

KEY = "light"
_KEEP = "keep"


@dataclass(frozen=True)
class Conversion:
    """What `lighten` is told.

    Attributes:
        keep: what is not replaced.
        options: what the light modules are.
    """

    keep: tuple[str, ...] = KEEP
    options: Lightening = field(default_factory=Lightening)

    @classmethod
    def from_json(cls, value: Any) -> Conversion:
        """The conversion of `to_json`; what is left out has its default.

        Raises:
            ArllieError: if it is no table, or a key or a value in it is unknown.
        """
        if not isinstance(value, Mapping):
            raise ArllieError(f"light modules: {KEY} is {value!r}, expected a table")
        keep = value.get(_KEEP, KEEP)
        if isinstance(keep, str) or not all(isinstance(name, str) for name in keep):
            raise ArllieError(f"light modules: {_KEEP} is {keep!r}, expected a list of names")
        return cls(tuple(keep), Lightening.from_json({name: its for name, its in value.items() if name != _KEEP}))

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {_KEEP: list(self.keep), **self.options.to_json()}


def split(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], Conversion]:
    """The arguments of the network that is lightened, and how it is.

    Raises:
        ArllieError: as `Conversion.from_json`.
    """
    others = {name: value for name, value in arguments.items() if name != KEY}
    return others, Conversion.from_json(arguments.get(KEY, {}))
