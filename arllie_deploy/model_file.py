"""The container of model files: safetensors, with one JSON text in its header. Nothing is ever unpickled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.atomic import write_bytes
from arllie_deploy.errors import ArllieError

# Of a network of many layers.
NETWORK_KEY = "arllie-network"
# Key of the header -> the most bytes of such a file: a one-layer model is a few thousand numbers and a page of JSON.
HEADER_KEYS = {"arllie": 1 << 20, "arllie-adaptive": 1 << 20, NETWORK_KEY: 1 << 29}
_NAMES_SHOWN = 8


def write_model_file(path: Path, key: str, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write the file in one step; the same contents give the same bytes."""
    from safetensors.numpy import save as to_bytes

    contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    write_bytes(path, to_bytes(contiguous, {key: json.dumps(header, sort_keys=True)}))


def read_model_file(path: Path) -> tuple[str, dict[str, Any], dict[str, NDArray[Any]]]:
    """The header's key, the header and the arrays.

    Raises:
        ArllieError: if the file is missing, damaged, or not of this kind.
    """
    key, header = read_header(path)
    return key, header, read_arrays(path)


def read_header(path: Path) -> tuple[str, dict[str, Any]]:
    """The header's key, which says what kind of model it is, and the header; no array is read.

    Raises:
        ArllieError: as `read_model_file`.
    """
    names, metadata = _facts(path)
    keys = sorted(HEADER_KEYS.keys() & metadata.keys())
    if len(keys) != 1:
        raise ArllieError(f"{path}: a safetensors file, but not of a model (has {names[:_NAMES_SHOWN]})")
    _refuse_larger(path, HEADER_KEYS[keys[0]])
    try:
        header = json.loads(metadata[keys[0]], parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ArllieError(f"{path}: the model file's header is not JSON") from None
    if not isinstance(header, dict):
        raise ArllieError(f"{path}: the model file's header is not a JSON object")
    return keys[0], header


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of a safetensors file by name; `ArllieError` if it is damaged."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
    except (SafetensorError, OSError, TypeError, ValueError) as error:
        raise _no_safetensors(path, error) from None


def _facts(path: Path) -> tuple[list[str], dict[str, str]]:
    """The names of the arrays, and the texts of the header."""
    from safetensors import SafetensorError, safe_open

    if not path.exists():
        raise ArllieError(f"{path}: no such model file")
    _refuse_larger(path, max(HEADER_KEYS.values()))
    try:
        with safe_open(path, framework="numpy") as file:
            return sorted(file.keys()), file.metadata() or {}
    except (SafetensorError, OSError, TypeError, ValueError) as error:
        raise _no_safetensors(path, error) from None


def _refuse_larger(path: Path, most_bytes: int) -> None:
    if not path.is_file() or path.stat().st_size > most_bytes:
        raise ArllieError(f"{path}: not a model file (a file of at most {most_bytes} bytes)")


def _no_safetensors(path: Path, error: Exception) -> ArllieError:
    return ArllieError(f"{path}: not a model file, which is safetensors ({error})")


def check_header(
    path: Path, header: Mapping[str, Any], version: int, kinds: Mapping[str, type | tuple[type, ...]]
) -> None:
    """Raise `ArllieError` unless the header is of this version and has every field in its type."""
    if header.get("version") != version:
        raise ArllieError(f"{path}: model file version {header.get('version')!r}, this program reads {version}")
    for key, kind in kinds.items():
        if key not in header:
            raise ArllieError(f"{path}: the model file has no {key!r}; train it again")
        if not isinstance(header[key], kind):
            raise ArllieError(f"{path}: {key!r} in the model file is of a wrong type ({type(header[key]).__name__})")


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")
