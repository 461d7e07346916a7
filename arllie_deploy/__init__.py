"""Light image-restoration networks, from training images to a measured, verified artifact on every device."""

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError, CheckFailedError, UnavailableError

__version__ = "0.1.0"

__all__ = ["ArllieError", "CheckFailedError", "Enhancer", "UnavailableError", "__version__"]
