"""A network as one file: weights, the graph that engines compute it by, and everything else in the header.

Nothing in it is executed when it is read. The factory, which an export calls, is held to this package's own builders: a
file from elsewhere must not choose what function runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.model_file import NETWORK_KEY, check_header, read_arrays, read_header, write_model_file
from arllie_deploy.networks.network import Network, sha256_of

FORMAT_VERSION = 1
#: Name of the array that holds the graph: ONNX from `input` to `output`, its weights named as the other arrays.
GRAPH_NAME = "arllie.onnx"
#: The same of a held network, from `input` and `values`: of tiles, and of each stage (the first has no values).
TILE_NAME, STAGE_NAME = "arllie-tile.onnx", "arllie-stage-{}.onnx"
#: Of a mapped network: of tiles as above, of the layer that goes over the frame, and from that layer's values to maps.
FIRST_NAME, MAPS_NAME = "arllie-first.onnx", "arllie-maps.onnx"
_GRAPHS = re.compile(r"arllie(-tile|-stage-\d+|-first|-maps)?\.onnx")
#: What a file may name: builders of the package's systems, and functions of the package.
FACTORIES = r"arllie_deploy\.models\.\w+\.\w+:build_\w+"
METRICS = r"arllie_deploy(\.\w+)+:\w+"
# Known by the file itself.
_NOT_STORED = ("weights", "sha256")
_FIELDS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "factory": str,
    "license": str,
    "arguments": dict,
    "channels": int,
    "output_channels": int,
    "scale": int,
    "alignment": int,
    "minimum": int,
    "dynamic": bool,
    "color": str,
    "output_color": str,
    "value_range": list,
    "limits": dict,
    "metric": (str, type(None)),
    "provenance": dict,
    "figures": dict,
}
# Left out where they are None, as in files from before there were such networks.
_OPTIONAL: dict[str, type | tuple[type, ...]] = {"raw": str, "held": dict, "mapped": dict}
_FLOATS = ("float16", "float32")


def save(
    network: Network,
    state: Mapping[str, NDArray[Any]],
    graph: bytes,
    path: Path,
    more: Mapping[str, bytes] = MappingProxyType({}),
) -> Network:
    """Write `path` in one step; the same contents give the same bytes.

    Args:
        network: with its figures.
        state: the module's state dictionary, float16 or float32 (and integers, which no engine looks at).
        graph: the graph without weights.
        path: ends in .safetensors.
        more: those of its held or its mapped form by their names.

    Returns:
        The network of that file.

    Raises:
        ArllieError: if a value of `state` has another type or is not finite, or `network` has no figures.
    """
    if network.figures is None:
        raise ArllieError(f"{network.name}: has no figures; measure it first")
    for name, values in state.items():
        if values.dtype.kind == "f" and (values.dtype.name not in _FLOATS or not np.isfinite(values).all()):
            raise ArllieError(
                f"{network.name}: {name} is {values.dtype}, or not finite; a network stores finite floats"
            )
    facts = network.to_json()
    absent = {*_NOT_STORED, *(name for name in _OPTIONAL if facts[name] is None)}
    header = {key: value for key, value in facts.items() if key not in absent}
    graphs = {name: np.frombuffer(data, np.uint8) for name, data in {GRAPH_NAME: graph, **more}.items()}
    arrays = {**state, **graphs}
    write_model_file(path, NETWORK_KEY, {"version": FORMAT_VERSION, **header}, arrays)
    return load(path)


def load(path: Path) -> Network:
    """Read the facts of a network; its weights stay where they are.

    Raises:
        ArllieError: if the file is missing, damaged, of another kind or version, or names a function that is not ours.
    """
    key, header = read_header(path)
    if key != NETWORK_KEY:
        raise ArllieError(f"{path}: a one-layer model and not a network of many layers")
    there = {name: kind for name, kind in _OPTIONAL.items() if name in header}
    check_header(path, header, FORMAT_VERSION, {**_FIELDS, **there})
    for what, pattern in (("factory", FACTORIES), ("metric", METRICS)):
        if header[what] is not None and not re.fullmatch(pattern, header[what]):
            raise ArllieError(f"{path}: its {what} {header[what]!r} is none of this package's; the file is not used")
    known = {field.name for field in fields(Network)} - {*_NOT_STORED, *(_OPTIONAL.keys() - there.keys())}
    facts = {name: header[name] for name in known}
    try:
        return Network.from_json({**facts, "weights": path.absolute(), "sha256": sha256_of(path)})
    except (TypeError, ValueError, KeyError):
        raise ArllieError(f"{path}: the header of the network is malformed; package it again") from None


def load_state(network: Network) -> dict[str, NDArray[Any]]:
    """The state dictionary, without the graphs; `ArllieError` if the file is damaged."""
    return {name: values for name, values in read_arrays(network.weights).items() if not _GRAPHS.fullmatch(name)}


def load_graphs(network: Network, names: Sequence[str]) -> tuple[list[bytes], dict[str, NDArray[Any]]]:
    """Graphs, and by name the weights that they are to be given: float32, those of float16 widened.

    Raises:
        ArllieError: if the file is damaged or does not hold one of the graphs.
    """
    arrays = read_arrays(network.weights)
    for name in names:
        if name not in arrays:
            raise ArllieError(
                f"{network.weights}: holds weights without {name}; package it with "
                "python -m arllie_deploy.export.networks.package, which adds the graphs"
            )
    floats = {name: values for name, values in arrays.items() if values.dtype.kind == "f"}
    weights = {name: np.asarray(values, np.float32, order="C") for name, values in floats.items()}
    return [arrays[name].tobytes() for name in names], weights


def load_graph(network: Network) -> tuple[bytes, dict[str, NDArray[Any]]]:
    """The graph for whole frames and its weights; see `load_graphs`."""
    (graph,), weights = load_graphs(network, [GRAPH_NAME])
    return graph, weights
