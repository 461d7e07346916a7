"""Training by all the processes that torchrun started: equal shares of each batch, averaged gradients, one voice.

The first process alone writes, scores and reports. An error in any process becomes an error of the first one, and the
others end without a word: SystemExit(0) is raised in them, also when all went well.
"""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from io import BytesIO
from typing import Any, Protocol

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from arllie_deploy.errors import ArllieError, CheckFailedError
from arllie_deploy.training.task import Share

# The others wait this long for the first process, which scores whole pictures between two steps.
_PATIENCE = timedelta(minutes=30)
_MESSAGE_BYTES = 8192


class Processes(Protocol):
    """The processes of one run, seen from one of them."""

    @property
    def share(self) -> Share:
        """What of each batch is this process's."""

    def prepare(self, network: nn.Module, batch: int) -> None:
        """Make `network` ready for shares of `batch` pictures; raises `ArllieError` where it cannot be trained so."""

    def agreed(self) -> AbstractContextManager[None]:
        """What happens inside may fail in one process; then it fails in all."""

    def of_first(self, state: dict[str, Any]) -> dict[str, Any]:
        """The first process's `state`: numbers, strings, lists and tensors."""

    def average(self, network: nn.Module, loss: Tensor) -> float:
        """Replace the gradients by their mean over the processes; the mean loss."""


class Alone:
    """One process."""

    share = Share()

    def prepare(self, network: nn.Module, batch: int) -> None:
        """Nothing to do."""

    def agreed(self) -> AbstractContextManager[None]:
        """Nobody to agree with."""
        return nullcontext()

    def of_first(self, state: dict[str, Any]) -> dict[str, Any]:
        """Its own."""
        return state

    def average(self, network: nn.Module, loss: Tensor) -> float:
        """Its own."""
        return loss.item()


class Group:
    """Processes that torchrun started: gloo between CPUs, NCCL between CUDA devices."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        if device.type == "cuda":
            torch.cuda.set_device(device)
        # Messages about failures always go by gloo: NCCL would wait for a process that has failed.
        backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        try:
            dist.init_process_group(backend, timeout=_PATIENCE)
        except RuntimeError as error:
            raise ArllieError(f"the processes that torchrun started do not reach each other ({error})") from None
        self.share = Share(dist.get_rank(), dist.get_world_size())

    def prepare(self, network: nn.Module, batch: int) -> None:
        """Check that `batch` can be shared; synchronize batch normalization, which torch can on CUDA only."""
        size = self.share.size
        if batch % size:
            raise ArllieError(f"data.batch is {batch}, which {size} processes cannot share equally; use a multiple")
        if not any(isinstance(module, _BatchNorm) for module in network.modules()):
            return
        if self._device.type != "cuda":
            mend = "use one process, CUDA devices, or cells without +norm"
            raise ArllieError(f"batch normalization cannot be synchronized between {size} CPU processes; {mend}")
        nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]  # torch leaves it unannotated

    @contextmanager
    def agreed(self) -> Iterator[None]:
        """Exchange failures at the end; raises `ArllieError`, in the first process the error itself where it can."""
        failure = None
        try:
            yield
        except Exception as error:
            failure = error
        kind = torch.tensor(_kind(failure))
        with _others_alive():
            dist.all_reduce(kind, dist.ReduceOp.MAX)
        if kind.item() == 0:
            return
        messages = self._messages(failure)
        if self.share.rank == 0 and failure is not None:
            raise failure
        rank, message = next((rank, message) for rank, message in enumerate(messages) if message)
        error_type = CheckFailedError if kind.item() == _kind(CheckFailedError()) else ArllieError
        raise error_type(f"process {rank} of {self.share.size}: {message}")

    def of_first(self, state: dict[str, Any]) -> dict[str, Any]:
        """By torch's own format, read without unpickling code."""
        buffer = BytesIO()
        torch.save(state, buffer)
        size = torch.tensor(buffer.tell())
        with _others_alive():
            dist.broadcast(size, 0)
            data = torch.empty(int(size), dtype=torch.uint8)
            if self.share.rank == 0:
                data = torch.frombuffer(bytearray(buffer.getvalue()), dtype=torch.uint8)
            dist.broadcast(data, 0)
        first: dict[str, Any] = torch.load(
            BytesIO(data.numpy().tobytes()), map_location=self._device, weights_only=True
        )
        return first

    def average(self, network: nn.Module, loss: Tensor) -> float:
        """One reduction for all gradients and the loss; equal shares make the mean of means the mean."""
        gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
        flat = torch.cat([*(gradient.reshape(-1) for gradient in gradients), loss.detach().reshape(1)])
        with _others_alive():
            dist.all_reduce(flat)
        flat /= self.share.size
        parts = torch.split(flat[:-1], [gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.reshape(gradient.shape))
        return flat[-1].item()

    def _messages(self, failure: Exception | None) -> list[str]:
        text = b"" if failure is None else _explain(failure).encode()[:_MESSAGE_BYTES]
        mine = torch.frombuffer(bytearray(text.ljust(_MESSAGE_BYTES, b"\0")), dtype=torch.uint8)
        all_of_them = [torch.empty_like(mine) for _ in range(self.share.size)]
        with _others_alive():
            dist.all_gather(all_of_them, mine)
        return [tensor.numpy().tobytes().rstrip(b"\0").decode(errors="replace") for tensor in all_of_them]


@contextmanager
def joined(device: torch.device) -> Iterator[Processes]:
    """The processes of this run: all of torchrun's, or this one alone. Only the first one leaves the block alive.

    Raises:
        SystemExit: with status 0 at the end of the block, in every process but the first.
        ArllieError: if the processes do not reach each other.
    """
    if not dist.is_torchelastic_launched() or os.environ["WORLD_SIZE"] == "1":
        yield Alone()
        return
    group = Group(device)
    try:
        yield group
    except (ArllieError, KeyboardInterrupt):
        if group.share.rank == 0:
            raise
    finally:
        dist.destroy_process_group()
    if group.share.rank != 0:
        raise SystemExit(0)


@contextmanager
def _others_alive() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        reason = re.sub(r"^\[[^]]*\] ", "", str(error)).partition(". ")[0]
        raise ArllieError(f"another process of this run has gone ({reason}); go on with --resume") from None


def _kind(failure: Exception | None) -> int:
    """0 for none; the kinds of errors in rising gravity, as the gravest one decides."""
    if failure is None:
        return 0
    return 1 if isinstance(failure, CheckFailedError) else 2


def _explain(failure: Exception) -> str:
    if isinstance(failure, (ArllieError, OSError, MemoryError)):
        return str(failure) or type(failure).__name__
    return "".join(traceback.format_exception(failure))  # a bug: the other processes are silent about it
