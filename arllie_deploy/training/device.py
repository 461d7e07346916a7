"""Which device a run uses."""

import os

import torch
import torch.distributed as dist

from arllie_deploy.errors import ArllieError, UnavailableError


def find_device(name: str) -> torch.device:
    """The device of `--device`: "auto" (CUDA where there is one), "cpu" or "cuda"; under torchrun one for each process.

    Raises:
        ArllieError: on another word.
        UnavailableError: for "cuda" without a CUDA device, or where torchrun started more processes than there are.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise ArllieError(f"--device {name!r}: use auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise UnavailableError("--device cuda: this machine has no CUDA device that torch can use; use --device cpu")
    if name == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    if not dist.is_torchelastic_launched():
        return torch.device("cuda")
    index, count = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
    if index >= count:
        processes = os.environ["LOCAL_WORLD_SIZE"]
        raise UnavailableError(f"{processes} processes for {count} CUDA devices; use --nproc-per-node {count}")
    return torch.device("cuda", index)
