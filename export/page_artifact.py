"""The section of one artifact: what came of it and why, its files, its scales, and the graph that is in each file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.drawing.readers import has_graph, read_graph
from arllie_deploy.export.drawing.svg import draw, legend
from arllie_deploy.export.manifest import Entry
from arllie_deploy.export.page_text import count, definitions, facts, figure, items, mapping, text

_MOST_SCALES = 4


def section(name: str, entry: Entry, folder: Path, number: int) -> str:
    """The section.

    Args:
        name: of the entry in the manifest.
        entry: of it.
        folder: where its files are.
        number: for the link from the table.
    """
    status = escape(text(entry.get("status")))
    parts = [
        f'<section id="artifact-{number}">',
        f"<h2>{escape(text(entry.get('target')))} · {escape(text(entry.get('precision')))}</h2>",
        f'<p><span class="status {status}">{status}</span> · {escape(text(entry.get("file") or name))}</p>',
        _reason(entry),
        definitions(_about(entry)),
        _files(entry, folder),
        _scales(entry),
        _graphs(entry, folder),
        "</section>",
    ]
    return "\n".join(part for part in parts if part)


def _reason(entry: Entry) -> str:
    reason, log = entry.get("reason"), entry.get("log")
    said = f'<p class="problem">{escape(text(reason))}</p>' if reason else ""
    return said + (f"<details><summary>Log</summary><pre>{escape(text(log))}</pre></details>" if log else "")


def _about(entry: Entry) -> dict[str, str]:
    model = f"{text(entry.get('model'))} ({text(entry.get('form'))})" if entry.get("model") else ""
    hash_ = entry.get("model_sha256")
    return {
        "Model": escape(model + (f", sha256 {hash_}" if hash_ else "")),
        "License": _said(entry, "license"),
        "Parity": _parity(mapping(entry.get("parity"))),
        "Executed by": _said(entry, "executed_by"),
        "Layout": _said(entry, "layout"),
        "Size": escape(text(entry.get("size") or "any")),
        "Color and range": escape(f"{entry['color']} in {_range(entry.get('range'))}") if entry.get("color") else "",
        "Calibration": facts(entry["calibration"]) if entry.get("calibration") else "",
        "Operators": escape(_operators(items(entry.get("operators")))),
        "Facts": facts(entry["facts"]) if entry.get("facts") else "",
        "Tools": escape(", ".join(f"{tool} {version}" for tool, version in mapping(entry.get("tools")).items())),
    }


def _said(entry: Entry, key: str) -> str:
    return escape(text(entry[key])) if entry.get(key) else ""


def _range(value: Any) -> str:
    return f"[{', '.join(figure(each, 'g') for each in items(value))}]"


def _parity(parity: Mapping[str, Any]) -> str:
    if not parity:
        return ""
    errors = {key: figure(parity.get(f"{key}_abs"), ".3g") for key in ("max", "mean", "border_max", "interior_max")}
    limit = figure(parity.get("limit_max_abs"), "g"), figure(parity.get("limit_dark_psnr_db"), "g")
    differing = parity.get("dark_differing")
    lines = [
        f"max {errors['max']} (limit {limit[0]}), mean {errors['mean']}, border {errors['border_max']}, "
        f"interior {errors['interior_max']}",
        f"{figure(parity.get('psnr_db'), '.1f')} dB, dark pictures {figure(parity.get('dark_psnr_db'), '.1f')} dB "
        f"(limit {limit[1]})",
        *([] if differing is None else [f"{figure(differing, '.2%')} of the dark pictures' bytes differ"]),
        f"at {', '.join(map(text, items(parity.get('sizes'))))}",
    ]
    return "<br>".join(map(escape, lines))


def _operators(names: list[Any]) -> str:
    """In order of execution, repeated ones counted."""
    runs = [(text(name), sum(1 for _ in run)) for name, run in groupby(names)]
    return " → ".join(name if times == 1 else f"{name} × {times}" for name, times in runs)


def _listed(entry: Entry) -> list[Mapping[str, Any]]:
    return [mapping(facts_) for facts_ in items(entry.get("files"))]


def _files(entry: Entry, folder: Path) -> str:
    rows = [
        f"<tr><td>{escape(text(each.get('file')))}</td><td class='number'>{count(each.get('bytes'))}</td>"
        f'<td class="hash">{escape(text(each.get("sha256")))}</td>'
        f'<td class="problem">{escape(_file_problem(each, folder) or "")}</td></tr>'
        for each in _listed(entry)
    ]
    if not rows:
        return ""
    head = '<tr><th>File</th><th class="number">Bytes</th><th>sha256</th><th></th></tr>'
    return f'<h3>Files</h3><div class="scroll"><table>{head}{"".join(rows)}</table></div>'


def _file_problem(listed: Mapping[str, Any], folder: Path) -> str | None:
    name = str(listed.get("file"))
    if not _is_inside(name):
        return "not a name in this folder"
    try:
        data = (folder / name).read_bytes()
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    same = hashlib.sha256(data).hexdigest() == listed.get("sha256")
    return None if same else "has other bytes than were verified"


def _is_inside(name: str) -> bool:
    """Whether it names a file of the folder itself: a manifest from elsewhere must not make a page of other files."""
    return name not in ("", ".", "..") and "\0" not in name and Path(name).name == name


def _scales(entry: Entry) -> str:
    rows = []
    for name, given in mapping(entry.get("scales")).items():
        reading = mapping(given)
        numbers = [
            each if isinstance(each, list) else [each] for each in (reading.get("scale"), reading.get("zero_point"))
        ]
        shown = ", ".join(figure(each, ".6g") for each in numbers[0][:_MOST_SCALES])
        more = f", … {len(numbers[0]) - _MOST_SCALES} more" if len(numbers[0]) > _MOST_SCALES else ""
        zero = ", ".join(dict.fromkeys(text(each) for each in numbers[1]))
        cells = (text(name), text(reading.get("dtype")), shown + more, zero)
        rows.append(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>")
    if not rows:
        return ""
    head = "<tr><th>Value</th><th>Type</th><th>Scale</th><th>Zero point</th></tr>"
    return f'<h3>Scales</h3><div class="scroll"><table>{head}{"".join(rows)}</table></div>'


def _graphs(entry: Entry, folder: Path) -> str:
    names = [str(each.get("file")) for each in _listed(entry)]
    drawn = [name for name in names if has_graph(name) and _is_inside(name)]
    figures = "\n".join(_graph(name, folder) for name in drawn)
    return f"<h3>Graph</h3>\n{figures}" if figures else ""


def _graph(name: str, folder: Path) -> str:
    try:
        picture = read_graph(folder / name)
    except ArllieError as error:
        return f'<p class="problem">{escape(name)} is not drawn: {escape(str(error))}</p>'
    number = "1 operator" if len(picture.nodes) == 1 else f"{len(picture.nodes)} operators"
    caption = f"{escape(name)}: {number}. {escape(picture.note)}"
    drawing = draw(picture, f"Graph of {name}")
    region = f'<div class="scroll" tabindex="0" role="region" aria-label="Graph of {escape(name)}">{drawing}</div>'
    return f"<figure><figcaption>{caption}{legend([picture])}</figcaption>{region}</figure>"
