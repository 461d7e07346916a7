"""`export.html`: what a folder of artifacts holds, with the graph of each; one file that needs no network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from arllie_deploy.atomic import write_bytes
from arllie_deploy.export.drawing.svg import STYLE
from arllie_deploy.export.manifest import Entry, Status, read_manifest
from arllie_deploy.export.page_artifact import section
from arllie_deploy.export.page_text import count, figure, items, mapping, text

FILE_NAME = "export.html"
_HEADER = (
    ("Target", ""),
    ("Precision", ""),
    ("Status", ""),
    ("Bytes", ""),
    ("Max error", "of 1.0"),
    ("Mean", ""),
    ("Border", "max"),
    ("Interior", "max"),
    ("Dark", "dB"),
    ("Executed by", ""),
    ("Model", "form"),
)
_NUMBERS = range(3, 9)
_FIGURES = ("max_abs", "mean_abs", "border_max_abs", "interior_max_abs")


def write_page(folder: Path) -> Path:
    """Write the page of the folder's manifest; returns its path.

    Raises:
        ArllieError: if the manifest is damaged.
    """
    path = folder / FILE_NAME
    while True:
        entries = read_manifest(folder)
        write_bytes(path, to_html(entries, folder))
        # Another program may have merged its entries and written its page meanwhile, which this one has now replaced.
        if read_manifest(folder) == entries:
            return path


def to_html(entries: Mapping[str, Entry], folder: Path) -> bytes:
    """The page as UTF-8; the same entries and files give the same bytes.

    Args:
        entries: of a manifest, file name -> entry.
        folder: where their files are. One that is missing, changed or unreadable is said to be so.
    """
    ordered = sorted(entries.items(), key=lambda item: (text(item[1].get("target")), item[0]))
    page = Template((files(__package__) / "page.html").read_text())
    values = {
        "style": STYLE,
        "lead": _lead(entries),
        "header": _header(),
        "rows": "\n".join(_row(entry, number) for number, (_, entry) in enumerate(ordered)),
        "sections": "\n".join(section(name, entry, folder, number) for number, (name, entry) in enumerate(ordered)),
    }
    return page.substitute(values).encode(errors="replace")


def _lead(entries: Mapping[str, Entry]) -> str:
    counts = Counter(text(entry.get("status")) for entry in entries.values())
    found = [f"{counts[status]} {status}" for status in Status if counts[status]]
    return escape(", ".join(found)) if found else "Nothing has been exported yet."


def _header() -> str:
    cells = []
    for number, (name, unit) in enumerate(_HEADER):
        kind = ' class="number"' if number in _NUMBERS else ""
        cells.append(f'<th scope="col"{kind}>{name}<small>{unit}</small></th>')
    return "".join(cells)


def _bytes(entry: Entry) -> Any:
    """Of all files that belong together: the main one of some formats holds no weights."""
    sizes = [mapping(each).get("bytes") for each in items(entry.get("files"))]
    return sum(sizes) if sizes and all(isinstance(size, int) for size in sizes) else entry.get("bytes")


def _row(entry: Entry, number: int) -> str:
    parity = mapping(entry.get("parity"))
    status = text(entry.get("status"))
    numbers = [count(_bytes(entry)), *(figure(parity.get(key), ".1e") for key in _FIGURES)]
    numbers.append(figure(parity.get("dark_psnr_db"), ".1f"))
    form = f"<small>{escape(text(entry.get('form')))}</small>" if entry.get("form") else ""
    cells = [
        f'<td><a href="#artifact-{number}">{escape(text(entry.get("target")))}</a></td>',
        f"<td>{escape(text(entry.get('precision')))}</td>",
        f'<td><span class="status {escape(status)}">{escape(status)}</span></td>',
        *(f'<td class="number">{escape(each)}</td>' for each in numbers),
        f'<td class="free">{escape(text(entry.get("executed_by")))}</td>',
        f'<td class="free">{escape(text(entry.get("model")))} {form}</td>',
    ]
    return f"<tr>{''.join(cells)}</tr>"
