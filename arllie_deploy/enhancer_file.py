"""An Enhancer as a file: safetensors (two tensors) with one JSON text in its header. Nothing is ever unpickled."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.atomic import write_bytes
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError

FORMAT_VERSION = 1
_HEADER_KEY = "arllie"
# Two arrays of 84 numbers and a page of JSON; anything larger is another kind of file.
_LARGEST_BYTES = 1 << 20
_FIELDS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "epilogue": str,
    "constants": dict,
    "color": str,
    "range": list,
    "padding": str,
    "structure": (dict, type(None)),
    "provenance": dict,
    "license": str,
    "sha256": str,
}


def save(enhancer: Enhancer, path: Path) -> None:
    """Write `enhancer` to `path` in one step; the same model gives the same bytes."""
    from safetensors.numpy import save as to_bytes

    header = {
        "version": FORMAT_VERSION,
        "name": enhancer.name,
        "epilogue": enhancer.epilogue,
        "constants": dict(enhancer.constants),
        "color": enhancer.color,
        "range": list(enhancer.value_range),
        "padding": enhancer.padding,
        "structure": enhancer.structure,
        "provenance": dict(enhancer.provenance),
        "license": enhancer.license,
        "sha256": enhancer.sha256,
    }
    arrays = {"kernel": np.ascontiguousarray(enhancer.kernel), "bias": np.ascontiguousarray(enhancer.bias)}
    write_bytes(path, to_bytes(arrays, {_HEADER_KEY: json.dumps(header, sort_keys=True)}))


def load(path: Path) -> Enhancer:
    """Read an Enhancer.

    Raises:
        ArllieError: if the file is missing, is not such a file, is of another version, or does not match its own hash.
    """
    header, arrays = _read(path)
    if header.get("version") != FORMAT_VERSION:
        raise ArllieError(f"{path}: model file version {header.get('version')!r}, this program reads {FORMAT_VERSION}")
    for key, kinds in _FIELDS.items():
        if key not in header:
            raise ArllieError(f"{path}: the model file has no {key!r}; train it again")
        if not isinstance(header[key], kinds):
            raise ArllieError(f"{path}: {key!r} in the model file is of a wrong type ({type(header[key]).__name__})")
    try:
        enhancer = Enhancer(
            name=header["name"],
            kernel=arrays["kernel"],
            bias=arrays["bias"],
            epilogue=header["epilogue"],
            constants=header["constants"],
            color=header["color"],
            value_range=tuple(header["range"]),
            padding=header["padding"],
            structure=header["structure"],
            provenance=header["provenance"],
            license=header["license"],
        )
    except ArllieError as error:
        raise ArllieError(f"{path}: {error}") from None
    if enhancer.sha256 != header["sha256"]:
        raise ArllieError(f"{path}: the weights do not match the file's own sha256; the file was damaged or edited")
    return enhancer


def _read(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    from safetensors import SafetensorError, safe_open

    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise ArllieError(f"{path}: no such model file") from None
    if not path.is_file() or size > _LARGEST_BYTES:
        raise ArllieError(f"{path}: not a model file (a file of at most {_LARGEST_BYTES} bytes)")
    try:
        with safe_open(path, framework="numpy") as file:
            names, metadata = set(file.keys()), file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError, TypeError, ValueError) as error:
        raise ArllieError(f"{path}: not a model file, which is safetensors ({error})") from None
    if names != {"kernel", "bias"} or _HEADER_KEY not in metadata:
        raise ArllieError(f"{path}: a safetensors file, but not of a one-layer model (has {sorted(names)})")
    try:
        header = json.loads(metadata[_HEADER_KEY], parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ArllieError(f"{path}: the model file's header is not JSON") from None
    if not isinstance(header, dict):
        raise ArllieError(f"{path}: the model file's header is not a JSON object")
    return header, arrays


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")
