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

HEADER_KEYS = {"arllie", "arllie-adaptive"}
# A few thousand numbers and a page of JSON; anything larger is another kind of file.
_LARGEST_BYTES = 1 << 20


def write_model_file(path: Path, key: str, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write the file in one step; the same contents give the same bytes."""
    from safetensors.numpy import save as to_bytes

    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    write_bytes(path, to_bytes(contiguous, {key: json.dumps(header, sort_keys=True)}))


def read_model_file(path: Path) -> tuple[str, dict[str, Any], dict[str, NDArray[Any]]]:
    """The header's key, the header and the arrays.

    Raises:
        ArllieError: if the file is missing, damaged, or not of this kind.
    """
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
    keys = sorted(HEADER_KEYS & metadata.keys())
    if len(keys) != 1:
        raise ArllieError(f"{path}: a safetensors file, but not of a one-layer model (has {sorted(names)})")
    try:
        header = json.loads(metadata[keys[0]], parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ArllieError(f"{path}: the model file's header is not JSON") from None
    if not isinstance(header, dict):
        raise ArllieError(f"{path}: the model file's header is not a JSON object")
    return keys[0], header, arrays


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
