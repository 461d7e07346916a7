"""Values of a manifest as text for its page; whatever the file holds, none of these fails."""

import math
from collections.abc import Mapping
from html import escape
from typing import Any

NOTHING = "–"
_UNITS = {"bytes": "bytes", "hz": "Hz", "db": "dB"}
_WORDS = {"api": "API", "sram": "SRAM", "npu": "NPU", "npus": "NPUs", "sha256": "sha256"}


def text(value: Any) -> str:
    """A word of the manifest; a dash where there is none."""
    return NOTHING if value is None or value == "" else str(value)


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def figure(value: Any, form: str) -> str:
    """A number in a format; a dash where there is none."""
    return format(value, form) if _is_number(value) and math.isfinite(value) else NOTHING


def count(value: Any) -> str:
    """A whole number with its thousands apart."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else NOTHING


def definitions(pairs: Mapping[str, str]) -> str:
    """A list of terms and what is said of them, which is HTML; those with nothing to say are left out."""
    said = "".join(f"<dt>{escape(term)}</dt><dd>{html}</dd>" for term, html in pairs.items() if html)
    return f"<dl>{said}</dl>" if said else ""


def facts(value: Any, key: str = "") -> str:
    """Any JSON value as HTML: objects as lists of terms, numbers with the unit that their key names."""
    if isinstance(value, Mapping):
        estimated = value.get("estimated") is True
        note = "<strong>estimated</strong> by the compiler; nothing was executed" if estimated else ""
        shown = {_term(str(name)): facts(each, str(name)) for name, each in value.items() if name != "estimated"}
        return note + definitions(shown)
    if isinstance(value, list):
        return ", ".join(facts(each, key) for each in value)
    if _is_number(value):
        number = count(value) if isinstance(value, int) else figure(value, ".6g")
        return escape(f"{number} {_unit(key)}".strip())
    return escape("yes" if value is True else "no" if value is False else text(value))


def _term(key: str) -> str:
    words = key.split("_")
    if words[-1] in _UNITS and len(words) > 1:
        words.pop()
    line = " ".join(_WORDS.get(word, word) for word in words)
    return line[:1].upper() + line[1:]


def _unit(key: str) -> str:
    return _UNITS.get(key.rpartition("_")[2], "")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
