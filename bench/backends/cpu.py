"""The processor of this machine: every runtime that opens the model itself, and every artifact made for it."""

from collections.abc import Sequence

from arllie_deploy.bench.backends.base import Backend, Entry
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.status import Status
from arllie_deploy.runtimes import RUNTIMES


def _entries(subject: Subject, artifacts: Sequence[Entry]) -> list[Entry]:
    entries: list[Entry] = []
    for runtime in RUNTIMES.values():
        if runtime.opens_enhancer:
            itself = Candidate(backend="cpu", runtime=runtime.name, size=subject.size_text, threads=subject.threads)
            found = runtime.availability()
            entries.append(itself if found.ok else itself.row(Status.UNAVAILABLE, reason=found.reason))
        entries.extend(artifact for artifact in artifacts if artifact.runtime == runtime.name)
    return entries


ROW = Backend("cpu", "this machine's processor", _entries)
