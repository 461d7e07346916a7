"""Writes adaptive models for the targets that are libraries: the kernel, and in C what makes a model for each frame.

The files are those of a fixed model (`artifact`); STEM.h holds the head instead of integers, STEM-adaptive.h declares
what makes them.
"""

from __future__ import annotations

from arllie_deploy.export.adaptive.artifacts import LIBRARY, AdaptiveRequest, description
from arllie_deploy.export.metadata import tool_versions
from arllie_deploy.export.native import build
from arllie_deploy.export.native.account import LAYOUT, SCHEMA
from arllie_deploy.export.native.artifact import Contents, assemble, runner_source
from arllie_deploy.export.native.companions import companion, write_adaptive_common
from arllie_deploy.export.native.constants import artifact_source
from arllie_deploy.export.native.head_constants import head_name
from arllie_deploy.export.native.machine import machine_for
from arllie_deploy.export.request import Written


def write(request: AdaptiveRequest) -> Written:
    """Write the artifact of a request.

    Raises:
        ArllieError: for a model without a curve, and as `artifact.write`.
    """
    machine = machine_for(request.target)
    tools = tool_versions(()) | {machine.name: build.compiler_version(machine)}
    text = description(request, LIBRARY, LAYOUT, None, SCHEMA, tools)
    contents = Contents(
        write_adaptive_common(request, request.model),
        {**build.kernel_objects(machine), **build.adaptive_objects(machine)},
        artifact_source("head", head_name(request.model), companion(request, ".h").name, text),
        {"runner_adaptive.c": runner_source("runner_adaptive.c")},
    )
    files = assemble(request, machine, contents)
    return Written(
        operators=["arllie_condition", "arllie_enhance_conditioned"],
        layout=LAYOUT,
        tools=tools,
        sidecars=sorted({path.name for path in files} - {request.path.name}),
        facts={
            "adaptive": {
                "roles": {LIBRARY: request.path.name},
                "inputs": ["frame"],
                "parameters": request.model.parameters,
                "cost_on_lol_test_set": None,
            },
            "kernels": [*build.kernel_sources(machine), *build.ADAPTIVE_SOURCES],
            **machine.facts,
        },
    )
