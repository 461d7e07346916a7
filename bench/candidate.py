"""What is to be timed: a model at a size, and the engines and artifacts that can run it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.bench.row import Row
from arllie_deploy.bench.status import Status
from arllie_deploy.bench.timed_network import TimedModel, TimedNetwork
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError


@dataclass(frozen=True, eq=False)
class Subject:
    """What every candidate is given.

    Attributes:
        enhancer: the model, or a network in its place; its reference judges the outputs.
        frames: dark frames (height, width, 3) uint8 of one size, used in rotation.
        threads: for the engines; None is all cores.
        more_threads: further numbers of threads that processor engines are timed with.
    """

    enhancer: TimedModel
    frames: Sequence[NDArray[np.uint8]]
    threads: int | None
    more_threads: Sequence[int] = ()

    @property
    def thread_counts(self) -> tuple[int | None, ...]:
        """Every number of threads that processor engines are timed with, the chosen one first."""
        return (self.threads, *self.more_threads)

    @property
    def one_layer(self) -> Enhancer:
        """The model for whoever runs no network; `ArllieError` if it is one."""
        if isinstance(self.enhancer, TimedNetwork):
            raise ArllieError(f"{self.enhancer.name}: a network of many layers; on a phone give a one-layer model")
        return self.enhancer

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.frames[0].shape[1], self.frames[0].shape[0]

    @property
    def size_text(self) -> str:
        """WIDTHxHEIGHT."""
        return "{}x{}".format(*self.size)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One row to be.

    Attributes:
        backend: the word of `--backends`.
        runtime: a row of `arllie_deploy.runtimes.RUNTIMES`, or MODULE:ATTRIBUTE of one defined elsewhere.
        opener: MODULE:ATTRIBUTE of the `Runtime` that opens it, where `runtime` alone does not say.
        target: the name of the artifact's target; None where the engine opens the model itself.
        accelerator: that is asked for.
        precision: of the artifact.
        artifact: the file to open; None where the engine opens the model itself.
        enhancer: what the output is compared with; None is the subject's.
        model: the name that the row gives; None where it is the subject's.
        unjudged: why there is nothing to compare the output with; None where there is.
        resident_bytes: that it is expected to hold; None is what an engine of ours does.
        manifest: the exporter's entry about the artifact; None where it has none.
        size: WIDTHxHEIGHT of the frames.
        threads: asked for; None is all cores.
    """

    backend: str
    runtime: str
    opener: str | None = None
    target: str | None = None
    accelerator: str = "cpu"
    precision: str = "fp32"
    artifact: Path | None = None
    enhancer: Enhancer | None = field(default=None, compare=False, repr=False)
    model: str | None = None
    unjudged: str | None = None
    resident_bytes: int | None = None
    manifest: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    size: str
    threads: int | None = None

    def row(self, status: Status, **facts: Any) -> Row:
        """This candidate's row."""
        known = {
            "backend": self.backend,
            "runtime": self.runtime,
            "target": self.target,
            "precision": self.precision,
            "size": self.size,
            "threads": self.threads,
            "model": self.model or (self.enhancer.name if self.enhancer else None),
            "requested_accelerator": self.accelerator,
            "unjudged": self.unjudged,
            "artifact_bytes": self._artifact_bytes(),
        }
        return Row(**{**known, "status": status, **facts})

    def _artifact_bytes(self) -> int | None:
        """Of all files of the artifact where the manifest names them, else of the one that is opened."""
        if self.artifact is None or not self.artifact.exists():
            return None
        if self.manifest is not None and self.manifest.get("files"):
            return sum(int(facts["bytes"]) for facts in self.manifest["files"])
        return self.artifact.stat().st_size
