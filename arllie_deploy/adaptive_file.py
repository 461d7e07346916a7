"""An AdaptiveEnhancer as a file: the head's arrays, and everything else in the header."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from arllie_deploy.adaptive import AdaptiveEnhancer, arrays_of
from arllie_deploy.conditioning import Head
from arllie_deploy.errors import ArllieError
from arllie_deploy.model_file import check_header, write_model_file
from arllie_deploy.statistics import NAMES

FORMAT_VERSION = 1
HEADER_KEY = "arllie-adaptive"
_FIELDS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "epilogue": str,
    "statistics": list,
    "provenance": dict,
    "license": str,
    "sha256": str,
}
_ARRAYS = {"mean", "deviation", "hidden_weight", "hidden_bias", "output_weight", "output_bias"}


def save(model: AdaptiveEnhancer, path: Path) -> None:
    """Write `model` to `path` in one step; the same model gives the same bytes."""
    header = {
        "version": FORMAT_VERSION,
        "name": model.name,
        "epilogue": model.epilogue,
        "statistics": list(NAMES),
        "provenance": dict(model.provenance),
        "license": model.license,
        "sha256": model.sha256,
    }
    write_model_file(path, HEADER_KEY, header, arrays_of(model.head))


def from_contents(path: Path, header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> AdaptiveEnhancer:
    """The model of a file that was read.

    Raises:
        ArllieError: if it is of another version, wants other statistics, or does not match its own hash.
    """
    if set(arrays) - {"basis"} != _ARRAYS:
        raise ArllieError(f"{path}: a safetensors file, but not of an adaptive model (has {sorted(arrays)})")
    check_header(path, header, FORMAT_VERSION, _FIELDS)
    if header["statistics"] != list(NAMES):
        raise ArllieError(f"{path}: an adaptive model of other statistics than this program computes")
    try:
        head = Head(**arrays)
        model = AdaptiveEnhancer(header["name"], head, header["provenance"], header["license"])
    except ArllieError as error:
        raise ArllieError(f"{path}: {error}") from None
    if model.sha256 != header["sha256"] or model.epilogue != header["epilogue"]:
        raise ArllieError(f"{path}: the weights do not match the file's own sha256; the file was damaged or edited")
    return model
