"""What a native artifact says about itself, in its description and to the manifest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from arllie_deploy.export.metadata import metadata_text
from arllie_deploy.export.request import Request, Written
from arllie_deploy.native.integer import quantize
from arllie_deploy.native.library import ABI_VERSION
from arllie_deploy.native.logistic_form import LOGISTIC_FORMS

LAYOUT = "NHWC"
SCHEMA = f"arllie.h {ABI_VERSION}"


def description(request: Request, tools: dict[str, str]) -> str:
    """The metadata, JSON."""
    return metadata_text(request, layout=LAYOUT, size=None, schema=SCHEMA, tools=tools)


def account(
    request: Request, files: Iterable[Path], operator: str, tools: dict[str, str], facts: dict[str, Any]
) -> Written:
    """What the manifest says.

    Args:
        request: of the artifact.
        files: all that were written; the main one may be among them.
        operator: the function that enhances.
        tools: what wrote them -> version.
        facts: of this target only.
    """
    return Written(
        operators=[operator],
        layout=LAYOUT,
        tools=tools,
        sidecars=sorted({path.name for path in files} - {request.path.name}),
        scales=_scales(request),
        facts={"error_bound_levels": quantize(request.enhancer).error_bound, **facts},
    )


def _scales(request: Request) -> dict[str, Mapping[str, Any]]:
    """What an integer stands for; the factors that `direct` and `curve` have in their weights are taken out again."""
    model = quantize(request.enhancer)
    form = LOGISTIC_FORMS.get(model.epilogue)
    if model.curve is not None:
        u = 1.0 / (model.curve.unit * 2.0**model.curve.shift)
    else:
        u = 2.0**-model.shift / (255.0 * (form.gain if form else 1.0))
    return {
        "y": {"scale": 1 / 255, "zero_point": 0, "dtype": "uint8"},
        "kernel": {"scale": 255.0 * u, "zero_point": 0, "dtype": "int16"},
        "u": {"scale": u, "zero_point": 0, "dtype": "int32"},
    }
