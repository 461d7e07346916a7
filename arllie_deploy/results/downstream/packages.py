"""The packages that the study needs beside the core, and the command that brings them."""

from __future__ import annotations

from importlib.util import find_spec

from arllie_deploy.errors import UnavailableError

# Import name -> distribution on PyPI.
PACKAGES = {"cv2": "opencv-python-headless", "skimage": "scikit-image", "matplotlib": "matplotlib"}


def require_packages() -> None:
    """Raise `UnavailableError` with the command that mends it, if one is missing."""
    missing = [distribution for module, distribution in PACKAGES.items() if find_spec(module) is None]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise UnavailableError(f'{", ".join(missing)} {verb} not installed: pip install "arllie-deploy[results]"')
