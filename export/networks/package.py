"""Makes the one file of a network: its weights, the graph that onnxruntime computes it by, and what was measured of it.

`python -m arllie_deploy.export.networks.package FACTS.json WEIGHTS.safetensors OUT.safetensors`, where FACTS holds the
fields of `Network` but `weights` and `sha256`; or `… package FILE.safetensors OUT.safetensors` to make the graph anew.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arllie_deploy.errors import ArllieError, CheckFailedError
from arllie_deploy.export.networks.context import measure_context
from arllie_deploy.export.networks.cut import form_graphs
from arllie_deploy.export.networks.frames import night_frame
from arllie_deploy.export.networks.graph import weightless_graph
from arllie_deploy.export.networks.held import HELD
from arllie_deploy.export.networks.mapped import MAPPED
from arllie_deploy.export.networks.module import load_module, run_module
from arllie_deploy.export.networks.precise import to_precise
from arllie_deploy.networks.graph_costs import count_macs, held_bytes
from arllie_deploy.networks.network import Figures, Network, sha256_of
from arllie_deploy.networks.network_file import load, load_state, save
from arllie_deploy.runtimes.network_graph import open_graph

if TYPE_CHECKING:
    from onnx import ModelProto
    from torch import nn

_SIDE = 256


def package(network: Network, path: Path) -> Network:
    """Write `path` and give the network of that file; the same input and tools give the same bytes.

    Args:
        network: its weights are a safetensors file of the state dictionary of the module that its factory makes.
        path: ends in .safetensors.

    Raises:
        ArllieError: if the weights do not fit the factory.
        CheckFailedError: if the graph does not compute what the module does.
    """
    module, state = load_module(network), load_state(network)
    model = weightless_graph(network)
    data = model.SerializeToString(deterministic=True)
    weights = {name: values.astype(np.float32) for name, values in state.items() if values.dtype.kind == "f"}
    _prove(network, module, open_graph(data, weights, 1, network.weights))
    held, mapped = form_graphs(HELD, network, weights), form_graphs(MAPPED, network, weights)
    facts = replace(
        network,
        figures=measure(network, module, model),
        held=held.facts if held else None,
        mapped=mapped.facts if mapped else None,
    )
    more = {**(held.graphs if held else {}), **(mapped.graphs if mapped else {})}
    return save(facts, state, data, path, more)


def measure(network: Network, module: nn.Module, model: ModelProto) -> Figures:
    """What a file says about a network.

    Args:
        network: of the module.
        module: in eval mode.
        model: its graph, with or without weights.
    """
    size = network.aligned_size((_SIDE, _SIDE))
    pixels = size[0] * size[1]
    return Figures(
        context=measure_context(module, network),
        parameters=sum(values.numel() for values in module.parameters()),
        macs_per_pixel=count_macs(model, size) / pixels,
        pixel_bytes=-(-held_bytes(model, size) // pixels),
    )


def _prove(network: Network, module: nn.Module, session: Any) -> None:
    frame = night_frame(network, network.aligned_size((_SIDE, _SIDE // 2)))
    reference = run_module(to_precise(module), frame.astype(np.float64))
    difference = float(np.abs(session.run(None, {"input": frame})[0] - reference).max())
    if not difference <= network.limits.fp32_max_abs:
        limit = f"{difference:.3g}, limit {network.limits.fp32_max_abs:g}"
        raise CheckFailedError(f"{network.name}: its graph differs from the module by up to {limit}")


def described(facts: Mapping[str, Any], weights: Path) -> Network:
    """The network of a JSON object with fields of `Network`, the others at their defaults.

    Raises:
        ArllieError: if a field is missing or unknown.
    """
    try:
        plain = Network(facts["name"], facts["factory"], weights, sha256_of(weights), facts["license"])
        return Network.from_json({**plain.to_json(), **facts})
    except (KeyError, TypeError) as error:
        raise ArllieError(f"the facts of the network do not fit: {error}") from None


def main() -> None:
    """Package from the shell."""
    *given, out = map(Path, sys.argv[1:])
    if len(given) == 2:
        made = package(described(json.loads(given[0].read_text()), given[1]), out)
    elif len(given) == 1:
        made = package(load(given[0]), out)
    else:
        raise ArllieError("give FACTS.json WEIGHTS.safetensors OUT.safetensors, or FILE.safetensors OUT.safetensors")
    sys.stdout.write(f"{made.weights}: sha256 {made.sha256}, {made.figures}\n")


if __name__ == "__main__":
    main()
