"""What commands say: one JSON object or a table on stdout; progress on stderr, and only when that is a terminal."""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress


def print_json(value: Any) -> None:
    """Print `value` as the only thing on stdout."""
    print_line(json.dumps(value, indent=2, sort_keys=True, allow_nan=False))


def print_line(text: str) -> None:
    """Print one line on stdout."""
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """Print one line on stderr."""
    sys.stderr.write(text + "\n")


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print left-aligned columns; full width also where stdout is a file."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    for row in [header, *rows]:
        print_line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def progress(*columns: Any) -> "Progress":
    """A progress bar on stderr, silent when that is no terminal; `columns` are added to rich's own."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    return Progress(*Progress.get_default_columns(), *columns, console=console, disable=not console.is_terminal)
