"""Ethos-U: the int8 TFLite of one size, and beside it the same compiled by Vela for each family of NPUs.

A network is not cut into strips as the one-layer model is: what a strip had to see around it would be most of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.ethos_u import NPUS, facts_of
from arllie_deploy.export.metadata import tool_versions
from arllie_deploy.export.networks import tflite
from arllie_deploy.export.networks.delegates import layers
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.export.request import Written
from arllie_deploy.export.vela import COMPILED, Compiled, Npu, run_vela

_TOOLS = ("ethos-u-vela",)


def write(request: NetworkRequest) -> Written:
    """Write the artifact of a request; the last of its files, the artifact itself, is compiled.

    Raises:
        ArllieError: if an NPU cannot execute an operator, naming its layer, or its SRAM cannot hold the size.
    """
    written = tflite.write(request)
    (width, height), path = list(request.files.items())[-1]
    sidecars, facts = [], {}
    for npu in NPUS:
        compiled = compile_whole(npu, path, f"{width}x{height}")
        sidecars.append(f"{path.stem}-{npu.name}.tflite")
        path.with_name(sidecars[-1]).write_bytes(compiled.data)
        facts[npu.name] = {"file": sidecars[-1], **facts_of(npu, compiled, rows=height, strips=1)}
    more: dict[str, Any] = {**written.facts, "npus": facts}
    return Written(
        operators=written.operators,
        layout=written.layout,
        tools={**written.tools, **tool_versions(_TOOLS)},
        sidecars=sidecars,
        facts=more,
    )


def compile_whole(npu: Npu, path: Path, size: str) -> Compiled:
    """A .tflite compiled for one NPU; raises as `write`.

    Args:
        npu: what for.
        path: the .tflite in integers.
        size: WIDTHxHEIGHT, for the message.
    """
    compiled = run_vela(npu, path.read_bytes(), path.parent)
    left = [layer for layer in layers(compiled.data) if not layer.startswith(COMPILED)]
    if left:
        raise ArllieError(f"{npu.accelerator_config} cannot execute {', '.join(left)}: Vela leaves it to the processor")
    if compiled.sram_bytes > npu.sram_limit_bytes:
        raise ArllieError(
            f"{size} is a size that the NPU cannot hold: it takes {compiled.sram_bytes} bytes of SRAM, "
            f"{npu.accelerator_config} has {npu.sram_limit_bytes}; give a smaller --size"
        )
    return compiled
