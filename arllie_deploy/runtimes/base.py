"""The small protocol behind which every engine stands, and what a row of the table of runtimes holds."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import UnavailableError

Layout = Literal["NCHW", "NHWC"]
Source = Enhancer | Path


class OpenedModel(Protocol):
    """A model that an engine has loaded and that can be called again and again."""

    @property
    def layout(self) -> Layout:
        """Order of the axes of the tensors that `infer` takes and gives."""
        ...

    @property
    def threads(self) -> int:
        """Threads the engine was told to use."""
        ...

    @property
    def frame_dtypes(self) -> frozenset[np.dtype[Any]]:
        """Integer types that `run` takes."""
        ...

    @property
    def size(self) -> tuple[int, int] | None:
        """(height, width) where the model has one fixed size, else None."""
        ...

    @property
    def executed_by(self) -> str:
        """For people: what computes, for example an engine's provider."""
        ...

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """One frame of [0, 1] in `layout`, with a batch axis of 1; the result has the same shape."""
        ...

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        """One frame (height, width, 3) of an accepted dtype; the result has the same shape and dtype."""
        ...


@runtime_checkable
class IntegerTensors(Protocol):
    """An opened model whose tensors are frames: `infer` takes and gives (1, height, width, 3) uint8."""

    @property
    def integer_tensors(self) -> Literal[True]:
        """Marks it."""
        ...


@dataclass(frozen=True)
class Availability:
    """Whether something works on this machine: its version, or the reason why not with the command that mends it."""

    ok: bool
    version: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Runtime:
    """One engine.

    Attributes:
        name: the id.
        distribution: the package on PyPI that brings it.
        module: the import name of that package, looked for without importing it.
        extra: the extra of this package that installs it; None if the core has it.
        opens: suffix of the artifact it opens; None if it opens an `Enhancer` only.
        opens_enhancer: whether it needs no artifact.
        open: (source, threads) -> opened model; imports the engine. `threads` of None means all cores.
        absence: for an engine that is no package: why it is not here, None if it is; loads nothing.
    """

    name: str
    distribution: str
    module: str
    extra: str | None
    opens: str | None
    opens_enhancer: bool
    open: Callable[[Source, int | None], OpenedModel]
    absence: Callable[[], str | None] | None = None

    def availability(self) -> Availability:
        """Look for the engine without importing it."""
        reason = self._package_absence() if self.absence is None else self.absence()
        if reason is not None:
            return Availability(False, reason=reason)
        try:
            return Availability(True, version=version(self.distribution))
        except PackageNotFoundError:
            return Availability(True, version="unknown")

    def _package_absence(self) -> str | None:
        if find_spec(self.module) is not None:
            return None
        extra = f"[{self.extra}]" if self.extra else ""
        return f'{self.distribution} is not installed: pip install "arllie-deploy{extra}"'

    def require(self) -> None:
        """Raise `UnavailableError` with the command that mends it, if the engine is missing."""
        found = self.availability()
        if not found.ok:
            raise UnavailableError(f"runtime {self.name}: {found.reason}")
