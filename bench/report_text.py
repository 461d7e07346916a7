"""How the reports write figures."""

from typing import Any

NOTHING = "–"
_UNITS = {"_ms": "ms", "_bytes": "bytes", "_db": "dB", "_fps": "fps", "_s": "s", "_gb_s": "GB/s"}
_SIZES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def figure(value: Any, form: str = ".3g") -> str:
    """A number in `form`, written out from 1000 on (1080, not 1.08e+03); a dash for None."""
    if value is None:
        return NOTHING
    if value == 0:
        return "0"
    return format(value, ".0f" if abs(value) >= 1000 else form)


def byte_size(value: float | None) -> str:
    """A number of bytes in kB, MB or GB of 1000."""
    if value is None:
        return NOTHING
    for size, unit in _SIZES:
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.0f} bytes"


def name_and_text(column: str, value: Any) -> tuple[str, str]:
    """A column of `report_facts` and its value as people write them: (`infer_p50_ms`, 20.0) is (infer p50, 20 ms)."""
    suffix = next((end for end in sorted(_UNITS, key=len, reverse=True) if column.endswith(end)), "")
    name = column.removesuffix(suffix).replace("_", " ")
    if suffix == "_bytes":
        return name, byte_size(value)
    if isinstance(value, float):
        return name, f"{figure(value, '.4g')} {_UNITS.get(suffix, '')}".strip()
    return name, f"{value} {_UNITS.get(suffix, '')}".strip()
