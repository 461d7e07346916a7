"""What a network's artifact says about itself; the keys are those of the one-layer models where they mean the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.runtimes.artifact import METADATA_VERSION


def network_metadata(
    request: NetworkRequest,
    *,
    layout: str,
    size: tuple[int, int] | None,
    schema: str,
    tools: dict[str, str],
    files: Mapping[str, str] | None = None,
) -> str:
    """The description of one artifact as JSON; the same artifact gives the same text.

    `runtimes.artifact.check_metadata` reads it. A runtime that feeds RGB frames therefore refuses a network of packed
    Bayer planes by its `color`.

    Args:
        request: what the artifact was asked to be.
        layout: "NCHW" or "NHWC".
        size: (width, height), None where it is dynamic.
        schema: the format's version, "opset 18".
        tools: from `export.metadata.tool_versions`.
        files: suffix -> sha256, where the description lies beside the artifact's files and not in one of them.
    """
    network = request.network
    value: dict[str, Any] = {
        "version": METADATA_VERSION,
        "model": network.name,
        "model_sha256": network.sha256,
        "structure": network.factory,
        "arguments": dict(network.arguments),
        "form": "network",
        "channels": network.channels,
        "output_channels": network.output_channels,
        "scale": network.scale,
        "alignment": network.alignment,
        "minimum": network.minimum,
        "target": request.target,
        "accelerator": request.accelerator,
        "layout": layout,
        "color": network.color,
        "output_color": network.output_color,
        "range": list(network.value_range),
        "precision": request.precision,
        "size": None if size is None else list(size),
        "schema": schema,
        "tools": tools,
        "license": network.license,
    }
    if size is not None:
        value["frame"] = list(request.frame_sizes.get(size, size))
    if request.network.alignment > 1:
        value["padding"] = "reflect right and bottom to multiples of alignment; cut the output back"
    if files is not None:
        value["sha256"] = dict(files)
    return json.dumps(value, sort_keys=True)


def check_is_of(request: NetworkRequest, text: str | None, path: Path) -> None:
    """Raise `ArllieError` unless the artifact's own description is of the network and precision of a request."""
    if text is None:
        raise ArllieError(f"{path}: holds no arllie metadata; export it with arllie-export")
    found = json.loads(text)
    wanted = {"version": METADATA_VERSION, "model_sha256": request.network.sha256, "precision": request.precision}
    for key, value in wanted.items():
        if found.get(key) != value:
            raise ArllieError(f"{path}: {key} is {found.get(key)!r}, asked for {value!r}")
