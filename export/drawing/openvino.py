"""Reads the graph of an OpenVINO IR, an .xml with its constants in the .bin beside it, without OpenVINO."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.drawing.graph_picture import GraphPicture, Node, Value

_TYPES = {"FP16": "float16", "FP32": "float32", "FP64": "float64"}
_NUMPY = {"f16": "<f2", "f32": "<f4", "f64": "<f8"} | {
    f"{letter}{bits}": f"<{letter}{bits // 8}" for letter in "iu" for bits in (8, 16, 32, 64)
}
_Port = tuple[str, str]


def read(path: Path) -> GraphPicture:
    """The graph of a file.

    Raises:
        ArllieError: if it is not a whole IR.
        OSError: if it cannot be read.
    """
    try:
        root = ElementTree.fromstring(path.read_bytes())
        if root.tag != "net":
            raise ArllieError(f"{path.name} is not an OpenVINO IR")
        return _Reader(root, _constants(path)).picture()
    except (ElementTree.ParseError, KeyError, ValueError):
        raise ArllieError(f"{path.name} is a damaged OpenVINO IR") from None


def _constants(path: Path) -> bytes:
    """The .bin; empty where it is missing, then no constant's number is shown."""
    name, _, rest = path.name.rpartition(".xml")
    beside = path.with_name(f"{name}.bin{rest}")
    return beside.read_bytes() if beside.is_file() else b""


class _Reader:
    def __init__(self, root: ElementTree.Element, constants: bytes) -> None:
        self._constants = constants
        self._layers = root.findall("layers/layer")
        # An edge gives the reading port the value of the making one.
        self._sources: dict[_Port, _Port] = {
            (edge.attrib["to-layer"], edge.attrib["to-port"]): (edge.attrib["from-layer"], edge.attrib["from-port"])
            for edge in root.findall("edges/edge")
        }
        self._values: dict[_Port, Value] = {}
        self._places: dict[_Port, int] = {}

    def picture(self) -> GraphPicture:
        for layer in self._layers:
            for port in layer.findall("output/port"):
                key = (layer.attrib["id"], port.attrib["id"])
                self._places[key] = len(self._values)
                self._values[key] = self._value(layer, port)
        executed = [layer for layer in self._layers if layer.attrib["type"] not in ("Parameter", "Const", "Result")]
        return GraphPicture(
            values=tuple(self._values.values()),
            inputs=tuple(place for layer in self._of("Parameter") for place in self._made(layer)),
            outputs=tuple(place for layer in self._of("Result") for place in self._read(layer)),
            nodes=tuple(map(self._node, executed)),
        )

    def _of(self, kind: str) -> list[ElementTree.Element]:
        return [layer for layer in self._layers if layer.attrib["type"] == kind]

    def _read(self, layer: ElementTree.Element) -> list[int]:
        ports = [(layer.attrib["id"], port.attrib["id"]) for port in layer.findall("input/port")]
        return [self._places[self._sources[port]] for port in ports if port in self._sources]

    def _made(self, layer: ElementTree.Element) -> list[int]:
        return [self._places[layer.attrib["id"], port.attrib["id"]] for port in layer.findall("output/port")]

    def _node(self, layer: ElementTree.Element) -> Node:
        data = layer.find("data")
        details = () if data is None else tuple((name.replace("_", " "), text) for name, text in data.attrib.items())
        return Node(layer.attrib["type"], tuple(self._read(layer)), tuple(self._made(layer)), details)

    def _value(self, layer: ElementTree.Element, port: ElementTree.Element) -> Value:
        precision = port.attrib.get("precision", "")
        dimensions = [int(each.text or "-1") for each in port.findall("dim")]
        shape = tuple("?" if each < 0 else each for each in dimensions)
        name = port.attrib.get("names") or layer.attrib.get("name", "")
        return Value(name, _type_name(precision), shape, contents=self._contents(layer))

    def _contents(self, layer: ElementTree.Element) -> str | None:
        data = layer.find("data")
        if layer.attrib["type"] != "Const" or data is None:
            return None
        dtype = np.dtype(_NUMPY.get(data.attrib["element_type"], "V1"))
        begin, size = int(data.attrib["offset"]), int(data.attrib["size"])
        stored = self._constants[begin : begin + size]
        return f"{np.frombuffer(stored, dtype)[0]:g}" if dtype.kind != "V" and len(stored) == dtype.itemsize else None


def _type_name(precision: str) -> str:
    if precision in _TYPES:
        return _TYPES[precision]
    letter, bits = precision[:1], precision[1:]
    return (
        f"{'int' if letter == 'I' else 'uint'}{bits}" if letter in ("I", "U") and bits.isdigit() else precision.lower()
    )
