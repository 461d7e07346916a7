"""Which module reads which file: from a file's suffix to its reader, which imports what it needs only then."""

from collections.abc import Callable
from pathlib import Path

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.drawing import ncnn, onnx, openvino, tflite
from arllie_deploy.export.drawing.graph_picture import GraphPicture

# By suffix, because an artifact can have files of several formats.
READERS: dict[str, Callable[[Path], GraphPicture]] = {
    ".onnx": onnx.read,
    ".tflite": tflite.read,
    ".param": ncnn.read,
    ".xml": openvino.read,
}
_REJECTED = ".rejected"


def has_graph(name: str) -> bool:
    """Whether a file of this name holds a graph; one that was rejected does, too."""
    return _suffix(name) in READERS


def read_graph(path: Path) -> GraphPicture:
    """The graph of a file for which `has_graph` holds.

    Raises:
        ArllieError: if the file is missing, unreadable, damaged or not what its name says, or if its reader needs a
            package that is not installed.
    """
    try:
        return READERS[_suffix(path.name)](path)
    except OSError as error:
        raise ArllieError(f"{path.name} cannot be read: {error.strerror or error}") from None


def _suffix(name: str) -> str:
    return Path(name.removesuffix(_REJECTED)).suffix
