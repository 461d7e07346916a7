"""Light image-restoration networks, from training images to a measured, verified artifact on every device."""

from typing import TYPE_CHECKING, Any

from arllie_deploy.errors import ArllieError, CheckFailedError, UnavailableError

if TYPE_CHECKING:
    from arllie_deploy.enhancer import Enhancer

__version__ = "0.1.0"

__all__ = ["ArllieError", "CheckFailedError", "Enhancer", "UnavailableError", "__version__"]


def __getattr__(name: str) -> Any:
    # On first use, so that a program is ready to handle Ctrl-C before it imports numpy.
    if name == "Enhancer":
        from arllie_deploy.enhancer import Enhancer

        return Enhancer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
