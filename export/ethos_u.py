"""Ethos-U: a strip of the frame, as high as the NPU's SRAM holds it, compiled by Vela for each family of NPUs.

The main file is the strip in TFLite's own operators, which LiteRT executes; beside it lies one compiled file per NPU.
Each says in its metadata how frames are cut (`arllie_deploy.runtimes.strips`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from typing import Any

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.metadata import metadata_text, tool_versions
from arllie_deploy.export.quantization import IntegerGraph
from arllie_deploy.export.request import Request, Written
from arllie_deploy.export.tflite import LAYOUT, SCHEMA, integer_form, operator_names
from arllie_deploy.export.tflite import TOOLS as TFLITE_TOOLS
from arllie_deploy.export.tflite_model import ModelBuilder
from arllie_deploy.export.tflite_nodes import IntegerTranslation
from arllie_deploy.export.vela import Compiled, Npu, compile_for
from arllie_deploy.runtimes.strips import Strips

TOOLS = (*TFLITE_TOOLS, "ethos-u-vela")
_MIB = 1024 * 1024
# Configurations of Vela's own file. All values lie in the SRAM (Shared_Sram); in the dedicated mode of U65 and U85 they
# lie in DRAM, at 1.6 to 17 times the cycles by Vela's estimates of 1920x34.
NPUS = (
    Npu("u55-256", "ethos-u55-256", "Ethos_U55_High_End_Embedded", "Shared_Sram", 2 * _MIB),
    Npu("u65-512", "ethos-u65-512", "Ethos_U65_High_End", "Shared_Sram", 4 * _MIB),
    Npu("u85-256", "ethos-u85-256", "Ethos_U85_SYS_DRAM_Mid", "Shared_Sram", 4 * _MIB),
)


def write(request: Request) -> Written:
    """Write the artifact of a request: the first NPU's strip as the main file, the compiled ones beside it.

    Raises:
        ArllieError: if an NPU cannot execute an operator, or not even the lowest strip fits into its SRAM.
    """
    graph = integer_form(request)
    facts: dict[str, Any] = {}
    sidecars: list[str] = []
    for npu in NPUS:
        strips, compiled = fit(npu, request, graph)
        sidecars.append(f"{request.path.stem}-{npu.name}.tflite")
        request.path.with_name(sidecars[-1]).write_bytes(compiled.data)
        facts[npu.name] = {"file": sidecars[-1], **facts_of(npu, compiled, rows=strips.rows, strips=strips.count)}
    main = strip_model(request, graph, Strips(facts[NPUS[0].name]["rows"], request.size))
    request.path.write_bytes(main)
    return Written(
        operators=operator_names(main),
        layout=LAYOUT,
        tools=tool_versions(TOOLS),
        sidecars=sidecars,
        scales=graph.scales(),
        facts={"npus": facts},
    )


def strip_model(request: Request, graph: IntegerGraph, strips: Strips) -> bytes:
    """The .tflite of one strip with its halo, in TFLite's own operators."""
    builder = ModelBuilder()
    IntegerTranslation(builder, strips.size).translate(graph)
    text = metadata_text(
        request, layout=LAYOUT, size=strips.size, schema=SCHEMA, tools=tool_versions(TOOLS), strip=strips.to_json()
    )
    return builder.finish(["input"], ["output"], text)


def fit(npu: Npu, request: Request, graph: IntegerGraph) -> tuple[Strips, Compiled]:
    """The fewest strips, all of about the same height, that the NPU's SRAM holds.

    Raises:
        ArllieError: as `write`.
    """

    @cache
    def compiled(rows: int) -> Compiled:
        return compile_for(npu, strip_model(request, graph, Strips(rows, request.size)), request.path.parent)

    width, height = request.size
    lowest = compiled(1)
    if lowest.sram_bytes > npu.sram_limit_bytes:
        raise ArllieError(
            f"{width}x{height} is a size that the NPU cannot hold: a strip of one row takes {lowest.sram_bytes} bytes "
            f"of SRAM, {npu.accelerator_config} has {npu.sram_limit_bytes}; give a narrower --size"
        )
    rows = tallest(height, lambda rows: compiled(rows).sram_bytes, npu.sram_limit_bytes)
    return Strips(rows, request.size), compiled(rows)


def tallest(height: int, sram_bytes: Callable[[int], int], limit_bytes: int) -> int:
    """The most rows per strip that fit, of those that cut the frame into equal strips.

    Args:
        height: of the frame.
        sram_bytes: of a strip of so many rows; grows with them, nearly in proportion, so that few are asked for.
        limit_bytes: at least what one row takes.
    """
    falling = sorted({-(-height // count) for count in range(1, height + 1)}, reverse=True)
    per_row = sram_bytes(1) / 3
    place = bisect_left(falling, True, key=lambda rows: (rows + 2) * per_row <= limit_bytes)
    while place > 0 and sram_bytes(falling[place - 1]) <= limit_bytes:
        place -= 1
    while sram_bytes(falling[place]) > limit_bytes:
        place += 1
    return falling[place]


def facts_of(npu: Npu, compiled: Compiled, *, rows: int, strips: int) -> dict[str, Any]:
    """For the manifest: what was asked of Vela, and what it estimates for a frame of `strips` strips of `rows` rows."""
    asked = asdict(npu)
    del asked["name"]
    return {
        **asked,
        "vela": tool_versions(("ethos-u-vela",))["ethos-u-vela"],
        "rows": rows,
        "strips": strips,
        "sram_bytes": compiled.sram_bytes,
        "clock_hz": compiled.clock_hz,
        "cycles_per_strip": compiled.cycles,
        "cycles_per_frame": strips * compiled.cycles,
        "estimated": True,
    }
