"""Reads the graph of a .tflite file; of several subgraphs the first, which is the one that is executed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.export.drawing.graph_picture import GraphPicture, Node, Value

_IDENTIFIER = b"TFL3"
_NUMPY = {
    **dict.fromkeys(("INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32", "INT64", "FLOAT16", "FLOAT32")),
    "BOOL": "bool",
}


def read(path: Path) -> GraphPicture:
    """The graph of a file.

    Raises:
        ArllieError: if it is not a whole TFLite file.
        OSError: if it cannot be read.
        UnavailableError: if LiteRT, which brings the schema, is not installed.
    """
    try:
        from ai_edge_litert import schema_py_generated as schema
    except ModuleNotFoundError:
        raise UnavailableError('drawing it needs ai_edge_litert: pip install "arllie-deploy[tflite]"') from None
    data = path.read_bytes()
    if data[4:8] != _IDENTIFIER:
        raise ArllieError(f"{path.name} is not a TFLite file")
    try:
        return _Reader(schema, schema.ModelT.InitFromPackedBuf(data, 0)).picture()
    except ArllieError:
        raise
    except Exception as error:  # a damaged offset ends in whichever error the generated reader happens to meet
        raise ArllieError(f"{path.name} is a damaged TFLite file ({type(error).__name__})") from None


class _Reader:
    def __init__(self, schema: Any, model: Any) -> None:
        self._model = model
        self._kinds = _names(schema.BuiltinOperator)
        self._types = _names(schema.TensorType)
        self._enums = {
            "fusedActivationFunction": _names(schema.ActivationFunctionType),
            "padding": _names(schema.Padding),
        }
        self._custom = schema.BuiltinOperator.CUSTOM

    def picture(self) -> GraphPicture:
        graph = self._model.subgraphs[0]
        more = len(self._model.subgraphs) - 1
        return GraphPicture(
            values=tuple(self._value(tensor) for tensor in graph.tensors),
            inputs=tuple(_integers(graph.inputs)),
            outputs=tuple(_integers(graph.outputs)),
            nodes=tuple(self._node(operator) for operator in graph.operators),
            note=f"The file has {more} more subgraphs, which are not drawn." if more else "",
        )

    def _node(self, operator: Any) -> Node:
        code = self._model.operatorCodes[operator.opcodeIndex]
        builtin = max(code.builtinCode, code.deprecatedBuiltinCode)
        kind = self._kinds.get(builtin, f"number {builtin}")
        details = list(self._options(operator.builtinOptions).items())
        if builtin == self._custom:
            kind = _text(code.customCode) or kind
            details.append(("options", f"{len(_integers(operator.customOptions))} bytes"))
        elif code.version > 1:
            details.append(("version", str(code.version)))
        read, made = (
            tuple(None if place < 0 else place for place in _integers(places))
            for places in (operator.inputs, operator.outputs)
        )
        return Node(kind, read, made, tuple(details))

    def _options(self, options: Any) -> dict[str, str]:
        """Those that say something: a padding, an activation, and numbers that are not the schema's default."""
        if options is None:
            return {}
        usual = vars(type(options)())
        said = {}
        for name, value in vars(options).items():
            if name in self._enums:
                text = self._enums[name].get(value, str(value))
            else:
                text = "" if _plain(value) == _plain(usual.get(name)) else _plain(value)
            if text not in ("", "NONE"):
                said[re.sub("(?=[A-Z])", " ", name).lower()] = text
        return said

    def _value(self, tensor: Any) -> Value:
        type_ = self._types.get(tensor.type, f"type {tensor.type}")
        quantization = tensor.quantization
        scale = () if quantization is None else _numbers(quantization.scale)
        zero = () if quantization is None else _integers(quantization.zeroPoint)
        signature = _integers(tensor.shapeSignature)
        shape = tuple("?" if extent < 0 else extent for extent in signature or _integers(tensor.shape))
        return Value(_text(tensor.name), type_.lower(), shape, scale, tuple(zero), self._contents(tensor, type_))

    def _contents(self, tensor: Any, type_: str) -> str | None:
        stored = self._model.buffers[tensor.buffer].data
        if type_ not in _NUMPY or stored is None or int(np.prod(_integers(tensor.shape))) != 1:
            return None
        dtype = np.dtype(_NUMPY[type_] or type_.lower())
        return f"{stored.view(dtype)[0]:g}" if len(stored) == dtype.itemsize else None


def _names(enum: Any) -> Mapping[int, str]:
    return {value: name for name, value in vars(enum).items() if isinstance(value, int)}


def _text(name: bytes | str | None) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes) else name or ""


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple | np.ndarray):
        return ", ".join(map(str, _array(value).tolist()))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _array(values: Any) -> NDArray[Any]:
    return np.asarray([] if values is None else values).ravel()


def _integers(values: Any) -> list[int]:
    return [int(value) for value in _array(values)]


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in _array(values))
