"""What `arllie-enhance` asks of the options where a network fills pictures, or changes their sides."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arllie_deploy.networks.network import Network
    from arllie_deploy.stored_model import Model


def refuse_network_use(model: "Model | Network", source: Path, mask: Path | None, strength: float) -> None:
    """What can be known of a mask and of the strength before a picture is read.

    Raises:
        ArllieError: if a network that fills has no mask or a folder, a mask meets another model, or pictures of other
            sides are to be mixed.
    """
    from arllie_deploy.errors import ArllieError
    from arllie_deploy.media.strips import refuse_strength
    from arllie_deploy.networks.network import Network
    from arllie_deploy.runtimes.network_colors import takes_mask

    fills = isinstance(model, Network) and takes_mask(model)
    if mask is not None and not fills:
        raise ArllieError(f"--mask {mask}: {model.name} fills nothing; leave it out, or give --model light-inpaint")
    if fills and source.is_dir():
        raise ArllieError(f"{source}: {model.name} fills one picture at a time, whose mask is --mask; name a file")
    if fills and mask is None:
        raise ArllieError(f"{source}: {model.name} fills what a mask says; give it as --mask MASK.png")
    refuse_strength(strength, model.scale if isinstance(model, Network) else 1)
