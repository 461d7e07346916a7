"""An adaptive model as C: the header with its head."""

from __future__ import annotations

from textwrap import indent, wrap

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.export.native.constants import identifier
from arllie_deploy.native.adaptive_library import HEAD_FIELDS, HEAD_VERSION, check_has_curve

_COLUMNS = 116


def head_name(model: AdaptiveEnhancer) -> str:
    """The constant's name in the header."""
    return f"{identifier(model.name)}_head"


def head_header(model: AdaptiveEnhancer, interface: str = "arllie_adaptive.h") -> str:
    """The header with the head's float32 numbers, to the bit.

    Args:
        model: with a curve.
        interface: the name of the header that declares the structure.

    Raises:
        ArllieError: for a model of another form.
    """
    head, name = check_has_curve(model), head_name(model)
    arrays = [(field, getattr(head, attribute)) for field, attribute in HEAD_FIELDS.items()]
    # By place: C++ before 2020 has no initializers by name.
    numbers = [str(HEAD_VERSION), str(head.hidden_bias.size), *(f"{name}_{field}" for field, _ in arrays)]
    guard = f"{name.upper()}_H"
    return "\n".join(
        [
            f"/* The adaptive model {model.name}, for arllie_condition.",
            f" * sha256 of its float32 numbers: {model.sha256} */",
            f"#ifndef {guard}",
            f"#define {guard}",
            "",
            f'#include "{interface}"',
            "",
            *(_array(f"{name}_{field}", array) for field, array in arrays),
            f"static const struct arllie_head {name} = {{",
            _folded(", ".join(numbers)),
            "};",
            "",
            "#endif",
            "",
        ]
    )


def _array(name: str, array: NDArray[np.float32]) -> str:
    # The fewest digits that tell a float32 from its neighbors.
    literals = [f"{np.format_float_scientific(number, trim='0')}f" for number in array.ravel()]
    return f"static const float {name}[{array.size}] = {{\n{_folded(', '.join(literals))}\n}};\n"


def _folded(text: str) -> str:
    return indent("\n".join(wrap(text, _COLUMNS)), "    ")
