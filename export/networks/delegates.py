"""Whether an accelerator's delegate executes a network's whole .tflite file, and if not, which layers it leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arllie_deploy.export.delegates import check_operators, find_delegate
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.export.networks.tflite_graph import TfliteGraph

# litert-torch names a tensor after the modules that it comes from, one path per module that had a part in it.
_BETWEEN_PATHS, _BETWEEN_MODULES = ";", "/"
# The wrapper that puts channels last, and the network itself, come first in every path.
_OUTER_MODULES = 2


def held_to_delegate(request: NetworkRequest) -> tuple[str | None, dict[str, Any]]:
    """What is outside the list of a request's delegate, in one line, and what the manifest should say of it."""
    if request.delegate is None:
        return None, {}
    listed, facts = find_delegate(request.delegate), {}
    for path in request.distinct_files:
        held = check_operators(path.read_bytes(), listed, request.precision)
        facts = held.facts
        problems = [finding.problem for finding in held.findings]
        if any(problems):
            return describe(problems, layers(path.read_bytes())), facts
    return None, facts


def describe(problems: Sequence[str | None], names: Sequence[str]) -> str:
    """Each problem once, with the layers that have it.

    Args:
        problems: of each operator, None where there is none.
        names: of the layer that each operator comes from.
    """
    found: dict[str, list[str]] = {}
    for problem, name in zip(problems, names, strict=True):
        if problem is not None and name not in found.setdefault(problem, []):
            found[problem].append(name)
    return "; ".join(f"{problem} (in {', '.join(where)})" for problem, where in found.items())


def layers(data: bytes) -> list[str]:
    """The layer of each operator of a file: operator kind and the modules that its result is named after."""
    graph = TfliteGraph(data)
    return [f"{graph.kind(one)} of {layer_of(graph.name(int(one.outputs[0])))}" for one in graph.operators]


def layer_of(tensor: str) -> str:
    """The modules in a tensor's name, from `…blocks.Level_1/…conv.Conv2d_expand;…`: "Level_1/Conv2d_expand"."""
    paths = [part for part in tensor.split(_BETWEEN_PATHS) if _BETWEEN_MODULES in part]
    if not paths:
        return tensor
    # The last one is the module that made the value; those before it are what was fused to it.
    modules = [module.rsplit(".", 1)[-1] for module in paths[-1].split(_BETWEEN_MODULES)]
    return _BETWEEN_MODULES.join(modules[_OUTER_MODULES:]) or modules[-1]
