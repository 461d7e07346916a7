"""An Enhancer as a file: kernel, bias, and everything else in the header."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.model_file import check_header, read_model_file, write_model_file

FORMAT_VERSION = 1
HEADER_KEY = "arllie"
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
    write_model_file(path, HEADER_KEY, header, {"kernel": enhancer.kernel, "bias": enhancer.bias})


def load(path: Path) -> Enhancer:
    """Read an Enhancer.

    Raises:
        ArllieError: if the file is missing, is not such a file, is of another version, or does not match its own hash.
    """
    key, header, arrays = read_model_file(path)
    if key != HEADER_KEY:
        raise ArllieError(f"{path}: not one fixed model but an adaptive one; give a fixed member")
    return from_contents(path, header, arrays)


def from_contents(path: Path, header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Enhancer:
    """The Enhancer of a file that was read; raises as `load` does."""
    if set(arrays) != {"kernel", "bias"}:
        raise ArllieError(f"{path}: a safetensors file, but not of a one-layer model (has {sorted(arrays)})")
    check_header(path, header, FORMAT_VERSION, _FIELDS)
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
