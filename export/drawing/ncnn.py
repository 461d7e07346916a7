"""Reads the graph of a .param file of ncnn, which names blobs but holds no types; shapes only where pnnx left them.

The format and the numbers of parameters are in ncnn's wiki: "param and model file structure" and "operators".
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.drawing.graph_picture import GraphPicture, Node, Value
from arllie_deploy.export.ncnn_model import MAGIC

_ARRAY = -23300
_SHAPES = 30
_NOTE = "The file holds no types: edges carry the names of its blobs, and shapes where it gives them."
_WINDOW = {1: "kernel width", 11: "kernel height", 2: "dilation", 3: "stride", 4: "pad"}
_SECOND = {11: "kernel height", 12: "stride height", 13: "pad top"}
_CONVOLUTION = {
    0: "outputs",
    **_WINDOW,
    5: "bias",
    6: "weights",
    7: "groups",
    8: "int8 scales",
    9: "activation",
    10: "activation values",
    12: "dilation height",
    13: "stride height",
    14: "pad top",
    15: "pad right",
    16: "pad bottom",
    18: "pad value",
}
_NAMES: Mapping[str, Mapping[int, str]] = {
    "Convolution": _CONVOLUTION,
    "ConvolutionDepthWise": _CONVOLUTION,
    "Deconvolution": _CONVOLUTION,
    "DeconvolutionDepthWise": _CONVOLUTION,
    "InnerProduct": {0: "outputs", 1: "bias", 2: "weights", 8: "int8 scales", 9: "activation", 10: "activation values"},
    "BinaryOp": {0: "operation", 1: "with a number", 2: "number"},
    "UnaryOp": {0: "operation"},
    "Clip": {0: "least", 1: "most"},
    "ReLU": {0: "slope"},
    "Concat": {0: "axis"},
    "PixelShuffle": {0: "factor"},
    "Pooling": {0: "operation", 1: "kernel", 2: "stride", 3: "pad", 4: "global", 5: "pad mode"} | _SECOND,
    "Interp": {0: "method", 1: "scale height", 2: "scale width", 3: "height", 4: "width"},
    "Padding": {0: "top", 1: "bottom", 2: "left", 3: "right", 4: "method", 5: "value"},
}
_ACTIVATIONS = ("none", "relu", "leaky relu", "clip", "sigmoid", "mish", "hard swish")
_BINARY = (
    "add",
    "subtract",
    "multiply",
    "divide",
    "maximum",
    "minimum",
    "power",
    "reversed subtract",
    "reversed divide",
)
_UNARY = (
    *("abs", "negative", "floor", "ceil", "square", "sqrt", "rsqrt", "exp", "log", "sin", "cos", "tan", "asin"),
    *("acos", "atan", "reciprocal", "tanh"),
)
_WORDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("BinaryOp", "operation"): _BINARY,
    ("UnaryOp", "operation"): _UNARY,
    ("Pooling", "operation"): ("maximum", "average"),
    ("Padding", "method"): ("constant", "replicate", "reflect"),
    **{(kind, "activation"): _ACTIVATIONS for kind in (*(k for k in _NAMES if "volution" in k), "InnerProduct")},
}


def read(path: Path) -> GraphPicture:
    """The graph of a file.

    Raises:
        ArllieError: if it is not a whole .param in text.
        OSError: if it cannot be read.
    """
    lines = path.read_bytes().decode(errors="replace").splitlines()
    if not lines or lines[0].strip() != str(MAGIC):
        raise ArllieError(f"{path.name} is not a .param file of ncnn in text")
    try:
        count = int(lines[1].split()[0])
        layers = [_Layer(line) for line in lines[2:] if line.strip()]
    except (ValueError, IndexError):
        raise ArllieError(f"{path.name} is a damaged .param file") from None
    if len(layers) != count:
        raise ArllieError(f"{path.name} is a damaged .param file: {len(layers)} layers of {count}")
    return _picture(layers)


class _Layer:
    """A line: kind, name, counts, blobs, parameters."""

    def __init__(self, line: str) -> None:
        self.kind, _, reads, makes, *words = line.split()
        ends = int(reads), int(reads) + int(makes)
        if not 0 <= ends[0] <= ends[1] <= len(words):
            raise ValueError("fewer blobs than it says")
        self.inputs, self.outputs = words[: ends[0]], words[ends[0] : ends[1]]
        self.parameters = {int(key): text for key, _, text in (word.partition("=") for word in words[ends[1] :])}

    def details(self) -> tuple[tuple[str, str], ...]:
        names = _NAMES.get(self.kind, {})
        said = []
        for key, text in self.parameters.items():
            number, shown = (_ARRAY - key, text.partition(",")[2]) if key <= _ARRAY else (key, text)
            if number != _SHAPES:
                name = names.get(number, f"parameter {number}")
                said.append((name, _word(_WORDS.get((self.kind, name), ()), shown)))
        return tuple(said)

    def shapes(self) -> dict[str, tuple[int | str, ...]]:
        """What pnnx noted of the outputs: rank, width, height and channels of each."""
        numbers = [int(word) for word in self.parameters.get(_ARRAY - _SHAPES, "0").split(",")[1:]]
        groups = [numbers[place : place + 4] for place in range(0, len(numbers) - 3, 4)]
        ranked = {1: (1,), 2: (2, 1), 3: (3, 2, 1)}
        return {
            name: tuple(group[place] for place in ranked[group[0]])
            for name, group in zip(self.outputs, groups, strict=False)
            if group[0] in ranked
        }


def _word(words: tuple[str, ...], text: str) -> str:
    if words:
        return words[int(text)] if text.isdigit() and int(text) < len(words) else text
    try:
        return ", ".join(f"{float(part):g}" for part in text.split(","))
    except ValueError:
        return text


def _picture(layers: list[_Layer]) -> GraphPicture:
    names = list(dict.fromkeys(name for layer in layers for name in (*layer.inputs, *layer.outputs)))
    places = {name: place for place, name in enumerate(names)}
    shapes = {name: shape for layer in layers for name, shape in layer.shapes().items()}
    read = {name for layer in layers for name in layer.inputs}
    made = [name for layer in layers for name in layer.outputs]
    nodes = [
        Node(
            layer.kind,
            tuple(places[name] for name in layer.inputs),
            tuple(places[name] for name in layer.outputs),
            layer.details(),
        )
        for layer in layers
        if layer.kind != "Input"
    ]
    return GraphPicture(
        values=tuple(Value(name, shape=shapes.get(name)) for name in names),
        inputs=tuple(places[name] for layer in layers if layer.kind == "Input" for name in layer.outputs),
        outputs=tuple(places[name] for name in made if name not in read),
        nodes=tuple(nodes),
        note=_NOTE,
    )
