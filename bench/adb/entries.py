"""What is tried on a phone for a backend: what was exported for it, and what needs no export."""

from __future__ import annotations

from collections.abc import Sequence

from arllie_deploy.bench.backends.base import Entry
from arllie_deploy.bench.candidate import Candidate, Subject

# Runtime, accelerator and precision of a row that no artifact is behind.
_WITHOUT_ARTIFACT = {
    "cpu": ("runner", "cpu", "fp32"),
    "npu": ("litert", "nnapi", "int8"),
    "dsp": ("litert", "hexagon", "int8"),
}


def entries_of(backend: str, subject: Subject, exported: Sequence[Entry]) -> list[Entry]:
    """At least one: a runner of any model for the processor, else a row that says what is missing.

    Args:
        backend: of a phone.
        subject: the model and the frames.
        exported: for that backend.
    """
    runtime, accelerator, precision = _WITHOUT_ARTIFACT[backend]
    without_artifact = Candidate(
        backend=backend,
        runtime=runtime,
        accelerator=accelerator,
        precision=precision,
        model=subject.enhancer.name,
        size=subject.size_text,
        threads=None if backend == "cpu" else subject.threads,
    )
    return [without_artifact, *exported] if backend == "cpu" or not exported else list(exported)
