"""The file that a training ends with: a one-layer model as it is, a network of many layers packaged with its graph."""

from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from arllie_deploy.errors import UnavailableError

if TYPE_CHECKING:
    from arllie_deploy.training.recipe_file import AnyRecipe
    from arllie_deploy.training.tasks import Outcome
    from arllie_deploy.training.trained_network import TrainedNetwork


def require_packager(recipe: "AnyRecipe") -> None:
    """Raise `UnavailableError`, before anything is trained, where a network could not be packaged afterwards."""
    from arllie_deploy.training.network_recipe import NetworkRun

    for module in ("onnx", "onnxscript") if isinstance(recipe, NetworkRun) else ():
        if find_spec(module) is None:
            raise UnavailableError(
                f'training a network of many layers needs {module}: pip install "arllie-deploy[train,export]"'
            )


def save_trained(outcome: "Outcome", path: Path) -> None:
    """Write what was trained to `path` in one step.

    Raises:
        CheckFailedError: if a network cannot be packaged, or its graph does not compute what was trained.
    """
    from arllie_deploy.stored_model import save_model
    from arllie_deploy.training.trained_network import TrainedNetwork

    if isinstance(outcome, TrainedNetwork):
        _package(outcome, path)
    else:
        save_model(outcome, path)


def _package(trained: "TrainedNetwork", path: Path) -> None:
    from arllie_deploy.export.networks.packaging import package_apart
    from arllie_deploy.networks.network import Network, sha256_of

    with TemporaryDirectory(dir=path.parent, prefix=".packaging-") as folder:
        weights = Path(folder) / "weights.safetensors"
        trained.save_weights(weights)
        network = Network(
            name=trained.name,
            factory=trained.factory,
            arguments=trained.arguments,
            weights=weights,
            sha256=sha256_of(weights),
            license=trained.license,
            channels=trained.channels,
            scale=trained.scale,
            color=trained.color,
            output_channels=trained.output_channels,
            output_color=trained.output_color,
            # Frames of packed planes are made by `raw.network_planes` in training, too.
            raw="camera-srgb" if trained.color == "RGGB" else None,
            alignment=trained.alignment,
            minimum=trained.minimum,
            provenance=trained.provenance,
        )
        package_apart(network, path)
