"""The tables as a C header, `source/tables.h`: `python -m arllie_deploy.native.tables_header FILE` writes it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import indent, wrap

from arllie_deploy.atomic import write_text
from arllie_deploy.native.logistic_form import LOGISTIC_FORMS, SEGMENTS
from arllie_deploy.native.logistic_table import logistic_tables

_INTRODUCTION = """\
/* Made by arllie_deploy/native/tables_header.py; the numbers are those of logistic_table.py.
 *
 * Segment i holds the V with (uint16_t)V >> 10 == i; c0 is the value at its start, c1 the difference to its end:
 * value = c0[i] + mulhrs((V & 0x3FC) << 5, c1[i]), mulhrs(a, b) = (a * b + 0x4000) >> 15.
 */
"""


def tables_header() -> str:
    """The text of `tables.h`."""
    arrays = []
    for form in LOGISTIC_FORMS:
        table = logistic_tables(form)
        arrays += [
            _array("uint16_t", f"arllie_{form}_c0", table.c0),
            _array("int16_t", f"arllie_{form}_c1", table.c1),
        ]
    guard = "ARLLIE_TABLES_H"
    return "\n".join(
        [f"{_INTRODUCTION}#ifndef {guard}", f"#define {guard}", "", "#include <stdint.h>", "", *arrays, "#endif", ""]
    )


def _array(c_type: str, name: str, values: Sequence[int]) -> str:
    rows = indent("\n".join(wrap(", ".join(map(str, values)) + ",", 116)), "    ")
    return f"static const {c_type} {name}[{SEGMENTS}] = {{\n{rows}\n}};\n"


if __name__ == "__main__":
    write_text(Path(sys.argv[1]), tables_header())
