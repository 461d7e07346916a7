"""Model files of either kind: a fixed Enhancer or an adaptive one."""

from pathlib import Path

from arllie_deploy import adaptive_file, enhancer_file
from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.model_file import NETWORK_KEY, read_arrays, read_header

Model = Enhancer | AdaptiveEnhancer


def save_model(model: Model, path: Path) -> None:
    """Write the model to `path` in one step."""
    if isinstance(model, AdaptiveEnhancer):
        adaptive_file.save(model, path)
    else:
        enhancer_file.save(model, path)


def load_model(path: Path) -> Model:
    """Read a model; raises `ArllieError` if the file is missing, malformed, damaged or of another version."""
    key, header = read_header(path)
    if key == NETWORK_KEY:
        raise ArllieError(f"{path}: a network of many layers; here give a one-layer model, for example arllie-lol")
    arrays = read_arrays(path)
    if key == adaptive_file.HEADER_KEY:
        return adaptive_file.from_contents(path, header, arrays)
    return enhancer_file.from_contents(path, header, arrays)
