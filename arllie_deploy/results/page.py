"""A results page: Markdown tables with their spread, plots beside them, and a footer that says how to make it again."""

from __future__ import annotations

import hashlib
import json
import math
import platform
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arllie_deploy.atomic import replacing, write_text
from arllie_deploy.errors import ArllieError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Plots are committed; a larger one has too much in it.
_PLOT_BYTES = 150_000


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation (n − 1) of `count` values; the deviation of a single value is None."""

    mean: float
    deviation: float | None
    count: int

    def show(self, digits: int) -> str:
        """For a table: mean ± deviation."""
        deviation = "" if self.deviation is None else f" ± {self.deviation:.{digits}f}"
        return f"{self.mean:.{digits}f}{deviation}"


@dataclass(frozen=True)
class Origin:
    """What a page was made from, for its footer.

    Attributes:
        command: the exact command that makes the page again.
        data: name of a data set -> its fingerprint.
        models: name of a model -> the hash of its function.
        packages: distributions whose version decides the figures.
    """

    command: str
    data: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    packages: Sequence[str] = ()

    def versions(self) -> dict[str, str]:
        """Python and every package with its version; a package that is not installed is named so."""
        return {"python": platform.python_version(), **{name: _version(name) for name in self.packages}}

    def to_json(self) -> dict[str, Any]:
        """JSON values, for the raw numbers beside the page."""
        return {
            "command": self.command,
            "data": dict(self.data),
            "models": dict(self.models),
            "versions": self.versions(),
        }


def summarize(values: Sequence[float]) -> Spread:
    """Mean and spread of at least one finite value; raises `ArllieError` otherwise."""
    if not values or not all(math.isfinite(value) for value in values):
        raise ArllieError(f"a table needs finite values, got {list(values)}")
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return Spread(statistics.fmean(values), deviation, len(values))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are aligned to the right."""
    rule = ["---", *("---:" for _ in header[1:])]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in (header, rule, *rows))


def fingerprint(paths: Sequence[Path]) -> str:
    """SHA-256 of the names and contents of files, in the order given; a file counts with its folder's name."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.parent.name}/{path.name}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@contextmanager
def plot(path: Path, width: float = 8.0, height: float = 4.5) -> Iterator[Figure]:
    """Yield a matplotlib figure of this size in inches and write it to `path` as PNG.

    Raises:
        ArllieError: if the file would be larger than 150 kB.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    yield figure
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110, metadata={"Software": None})
        if (size := temporary.stat().st_size) > _PLOT_BYTES:
            raise ArllieError(f"{path}: the plot has {size} bytes, more than {_PLOT_BYTES}; draw less in it")


def write_page(path: Path, title: str, parts: Sequence[str], origin: Origin) -> None:
    """Replace the page: the title, the parts (paragraphs, tables, `![…](plot.png)`), the footer."""
    write_text(path, "\n\n".join([f"# {title}", *(part.strip() for part in parts), footer(origin)]) + "\n")


def write_numbers(path: Path, value: Mapping[str, Any], origin: Origin) -> None:
    """Replace the raw numbers beside a page, its origin among them."""
    text = json.dumps({**value, "origin": origin.to_json()}, indent=1, sort_keys=True, allow_nan=False)
    write_text(path, text + "\n")


def footer(origin: Origin) -> str:
    """The command, versions, data fingerprints and model hashes."""
    versions = ", ".join(f"{name} {number}" for name, number in origin.versions().items())
    lines = ["---", f"Made by `{origin.command}` with {versions}."]
    lines += [f"- data {name}: sha256 `{digest}`" for name, digest in origin.data.items()]
    lines += [f"- model {name}: sha256 `{digest}`" for name, digest in origin.models.items()]
    return "\n\n".join([lines[0], lines[1], *(["\n".join(lines[2:])] if lines[2:] else [])])


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
