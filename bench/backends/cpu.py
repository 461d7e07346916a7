"""The processor of this machine: every runtime that opens the model itself, and every artifact made for it."""

from collections.abc import Iterator, Sequence

from arllie_deploy.bench.backends.base import Backend, Entry
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.status import Status
from arllie_deploy.bench.timed_network import OPENER, TimedNetwork
from arllie_deploy.runtimes import RUNTIMES, Runtime
from arllie_deploy.runtimes.torch import COMPILED

# Runtimes that the benchmark opens in a form of their own: its precision, and where a worker finds it.
_FORMS: dict[str, tuple[str, str | None]] = {
    "native": ("int8x16", "arllie_deploy.runtimes.native:INTEGER"),
    COMPILED.name: ("fp32", "arllie_deploy.runtimes.torch:COMPILED"),
}
# It computes on one thread, whatever it is told.
_SINGLE_THREADED = ("numpy",)


def _entries(subject: Subject, artifacts: Sequence[Entry]) -> list[Entry]:
    entries: list[Entry] = []
    for runtime in (*RUNTIMES.values(), COMPILED):
        if isinstance(subject.enhancer, TimedNetwork):
            entries.extend(_network_itself(subject, subject.enhancer) if runtime.name == "onnxruntime" else [])
        elif runtime.opens_enhancer:
            entries.extend(_themselves(runtime, subject))
        entries.extend(artifact for artifact in artifacts if artifact.runtime == runtime.name)
    return entries


def _network_itself(subject: Subject, network: TimedNetwork) -> Iterator[Entry]:
    """The graph of the network's own file, for every number of threads; no other runtime opens it."""
    for threads in subject.thread_counts:
        yield Candidate(
            backend="cpu",
            runtime="onnxruntime",
            opener=OPENER,
            resident_bytes=network.resident_bytes(subject.size),
            size=subject.size_text,
            threads=threads,
        )


def _themselves(runtime: Runtime, subject: Subject) -> Iterator[Entry]:
    """The model itself in a runtime, for every number of threads; one row where the runtime is not there."""
    found = runtime.availability()
    precision, opener = _FORMS.get(runtime.name, ("fp32", None))
    counts = subject.thread_counts[:1] if not found.ok or runtime.name in _SINGLE_THREADED else subject.thread_counts
    for threads in counts:
        candidate = Candidate(
            backend="cpu",
            runtime=runtime.name,
            opener=opener,
            precision=precision,
            size=subject.size_text,
            threads=threads,
        )
        yield candidate if found.ok else candidate.row(Status.UNAVAILABLE, reason=found.reason)


ROW = Backend("cpu", "this machine's processor", _entries)
