"""A model as C: the header that users include, and what is compiled into a library or a runner to describe itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ctypes import Array
from textwrap import indent, wrap
from typing import Any

import numpy as np

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.native.kernel import integer_struct

_COLUMNS = 116
# In the order of the runner's request; a form without one has 0 in its place.
_CONSTANTS = ("epsilon", "gain", "knee")
_CONSTANT_PLACES = 2


def identifier(name: str) -> str:
    """A model's name as C spells it; begins with "arllie_", so that nothing of the user's is called so."""
    spelled = re.sub(r"[^A-Za-z0-9]", "_", name)
    return spelled if spelled.startswith("arllie_") else f"arllie_{spelled}"


def model_name(enhancer: Enhancer) -> str:
    """The constant's name in the header."""
    return f"{identifier(enhancer.name)}_int8x16"


def header(enhancer: Enhancer, interface: str = "arllie.h") -> str:
    """The header with the model's integers.

    Args:
        enhancer: the model.
        interface: the name of the header that declares the structure.

    Raises:
        ArllieError: as `quantize` does, for a model that does not fit them.
    """
    struct, name = integer_struct(enhancer), model_name(enhancer)
    # By place: C++ before 2020 has no initializers by name.
    fields = "\n".join(f"    /* {field} */ {_value(getattr(struct, field))}," for field, *_ in struct._fields_)
    guard = f"{name.upper()}_H"
    return "\n".join(
        [
            f"/* The model {enhancer.name} ({enhancer.epilogue}) in integers, for arllie_enhance.",
            f" * sha256 of its float32 numbers: {enhancer.sha256} */",
            f"#ifndef {guard}",
            f"#define {guard}",
            "",
            f'#include "{interface}"',
            "",
            f"static const struct arllie_model {name} = {{",
            fields,
            "};",
            "",
            "#endif",
            "",
        ]
    )


def description_source(enhancer: Enhancer, header_name: str, description: str) -> str:
    """What a library tells about itself: the model that it was verified with, and its description.

    Args:
        enhancer: the model.
        header_name: of the file with `header`.
        description: the artifact's metadata, JSON.
    """
    return artifact_source("model", model_name(enhancer), header_name, description)


def artifact_source(kind: str, constant: str, header_name: str, description: str) -> str:
    """The functions `arllie_artifact_…` of a library.

    Args:
        kind: "model" or "head": the constant is a `struct arllie_…` of it.
        constant: its name.
        header_name: of the file that has it.
        description: the artifact's metadata, JSON.
    """
    return "\n".join(
        [
            f'#include "{header_name}"',
            "",
            f"ARLLIE_API const struct arllie_{kind} *arllie_artifact_{kind}(void);",
            "ARLLIE_API const char *arllie_artifact_description(void);",
            "",
            f"const struct arllie_{kind} *arllie_artifact_{kind}(void) {{",
            f"    return &{constant};",
            "}",
            "",
            "const char *arllie_artifact_description(void) {",
            f"    return {string_literal(description)};",
            "}",
            "",
        ]
    )


def weights_source(enhancer: Enhancer) -> str:
    """The model's 86 floats in the order of a runner's request, to the bit."""
    constants = _request_constants(enhancer.constants)
    numbers = np.concatenate([enhancer.kernel.ravel(), enhancer.bias, np.array(constants, np.float32)])
    literals = ", ".join(f"{float(number).hex()}f" for number in numbers)
    rows = indent("\n".join(wrap(f"{literals},", _COLUMNS)), "    ")
    return f"extern const float arllie_artifact_weights[];\nconst float arllie_artifact_weights[] = {{\n{rows}\n}};\n"


def string_literal(text: str) -> str:
    """A C literal of UTF-8 bytes, in parts of a few columns each, because compilers need not take long ones."""
    # Octal: unlike a hexadecimal escape it ends after three digits.
    escaped = [chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}" for byte in text.encode()]
    parts = ["".join(escaped[start : start + 80]) for start in range(0, len(escaped), 80)] or [""]
    return "\n           ".join(f'"{part}"' for part in parts)


def _request_constants(constants: Mapping[str, float]) -> list[float]:
    known = [constants[name] for name in _CONSTANTS if name in constants]
    return (known + [0.0] * _CONSTANT_PLACES)[:_CONSTANT_PLACES]


def _value(value: int | Array[Any]) -> str:
    if isinstance(value, int):
        return str(value)
    numbers: Iterable[int] = value
    text = ", ".join(map(str, numbers))
    if len(value) < 9:
        return f"{{{text}}}"
    # The weights: an output channel to a pair of braces.
    flat, taps = list(value), len(value) // 3
    channels = [", ".join(map(str, flat[place : place + taps])) for place in range(0, len(flat), taps)]
    return "{\n" + "\n".join(indent(f"{{{_folded(each)}}},", " " * 8) for each in channels) + "\n    }"


def _folded(text: str) -> str:
    return "\n ".join(wrap(text, _COLUMNS - 10))
