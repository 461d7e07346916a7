"""The multi-branch structure as a value: which cells in which branches, as search produces it and files hold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arllie_deploy.errors import ArllieError
from arllie_deploy.reparam.operations import OPERATIONS

CHANNELS = 3
MAX_BRANCHES = 4
MAX_CELLS = 3
MAX_WIDTH = 64
_VERSION = 1


@dataclass(frozen=True)
class Cell:
    """One linear operation, a row of `OPERATIONS`, optionally followed by batch normalization."""

    operation: str
    norm: bool = False


@dataclass(frozen=True)
class Structure:
    """Up to 4 parallel branches, each a chain of up to 3 cells with at most one spatial cell.

    Attributes:
        branches: the chains; every branch maps 3 channels to 3.
        mid_width: channels between two cells whose kernels mix channels.

    Raises:
        ArllieError: naming the branch and the cell that break a rule.
    """

    branches: tuple[tuple[Cell, ...], ...]
    mid_width: int = 16

    def __post_init__(self) -> None:
        if not 1 <= len(self.branches) <= MAX_BRANCHES:
            raise ArllieError(f"a structure has 1 to {MAX_BRANCHES} branches, got {len(self.branches)}")
        if not 1 <= self.mid_width <= MAX_WIDTH:
            raise ArllieError(f"mid_width is 1 to {MAX_WIDTH}, got {self.mid_width}")
        for number, branch in enumerate(self.branches):
            _check_branch(number, branch)

    def widths(self, branch: int) -> tuple[int, ...]:
        """Channels before the first cell of a branch and after each of its cells.

        A cell that mixes channels gives `mid_width` while another such cell follows, and 3 otherwise; every other cell
        keeps what it gets.
        """
        mixes = [OPERATIONS[cell.operation].mixes_channels for cell in self.branches[branch]]
        widths = [CHANNELS]
        for index, mixing in enumerate(mixes):
            following = any(mixes[index + 1 :])
            widths.append((self.mid_width if following else CHANNELS) if mixing else widths[-1])
        return tuple(widths)

    def to_json(self) -> dict[str, Any]:
        """The structure as JSON values."""
        branches = [[{"operation": cell.operation, "norm": cell.norm} for cell in branch] for branch in self.branches]
        return {"version": _VERSION, "mid_width": self.mid_width, "branches": branches}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Structure:
        """The inverse of `to_json`; raises `ArllieError` on anything else."""
        if not isinstance(value, Mapping):
            raise ArllieError(f"a structure is a JSON object, got {type(value).__name__}")
        if value.get("version") != _VERSION:
            raise ArllieError(f"structure version {value.get('version')!r}, this program reads {_VERSION}")
        try:
            branches = tuple(
                tuple(Cell(str(cell["operation"]), bool(cell["norm"])) for cell in branch)
                for branch in value["branches"]
            )
            return cls(branches, int(value["mid_width"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ArllieError(f"malformed structure: {type(error).__name__} at {error}") from None


def _check_branch(number: int, branch: tuple[Cell, ...]) -> None:
    if not 1 <= len(branch) <= MAX_CELLS:
        raise ArllieError(f"branch {number} has {len(branch)} cells, a branch has 1 to {MAX_CELLS}")
    spatial_before: int | None = None
    for index, cell in enumerate(branch):
        if cell.operation not in OPERATIONS:
            raise ArllieError(
                f"branch {number} cell {index}: unknown operation {cell.operation!r}; known: {', '.join(OPERATIONS)}"
            )
        if not OPERATIONS[cell.operation].spatial:
            continue
        if spatial_before is not None:
            raise ArllieError(
                f"branch {number} cell {index} ({cell.operation}): a second spatial cell after cell {spatial_before}; "
                "together they reach further than 3×3"
            )
        spatial_before = index
