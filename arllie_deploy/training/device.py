"""Which device a run uses."""

import torch

from arllie_deploy.errors import ArllieError, UnavailableError


def find_device(name: str) -> torch.device:
    """The device of `--device`: "auto" (CUDA where there is one), "cpu" or "cuda".

    Raises:
        ArllieError: on another word.
        UnavailableError: for "cuda" without a CUDA device.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise ArllieError(f"--device {name!r}: use auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise UnavailableError("--device cuda: this machine has no CUDA device that torch can use; use --device cpu")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")
