"""What an artifact says about itself, as the JSON text that is stored inside it and read back by the runtimes."""

import json
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from arllie_deploy import __version__
from arllie_deploy.export.request import Request
from arllie_deploy.runtimes.artifact import METADATA_VERSION


def tool_versions(distributions: Sequence[str]) -> dict[str, str]:
    """Versions of this package and of the packages that wrote an artifact."""
    return {"arllie-deploy": __version__, **{name: version(name) for name in distributions}}


def metadata_text(
    request: Request,
    *,
    layout: str,
    size: tuple[int, int] | None,
    schema: str,
    tools: dict[str, str],
    strip: dict[str, Any] | None = None,
) -> str:
    """The description of one artifact; the same artifact gives the same text.

    Args:
        request: which model, for which target, in which precision.
        layout: "NCHW" or "NHWC".
        size: (width, height), None where it is dynamic.
        schema: the format's version, "opset 17" or "tflite 3".
        tools: from `tool_versions`.
        strip: how frames are cut, where the artifact holds a strip of one (`Strips.to_json`).
    """
    enhancer = request.enhancer
    value: dict[str, Any] = {
        "version": METADATA_VERSION,
        "model": enhancer.name,
        "model_sha256": enhancer.sha256,
        "structure": enhancer.structure,
        "form": enhancer.epilogue,
        "constants": dict(enhancer.constants),
        "target": request.target,
        "layout": layout,
        "color": enhancer.color,
        "range": list(enhancer.value_range),
        "precision": request.precision,
        "size": None if size is None else list(size),
        "schema": schema,
        "tools": tools,
        "license": enhancer.license,
    }
    if strip is not None:
        value["strip"] = strip
    return json.dumps(value, sort_keys=True)
