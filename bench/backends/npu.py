"""A neural processor: NNAPI of a phone; without one, Arm's estimate for Ethos-U and Qualcomm's emulator of the HTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from arllie_deploy.bench.backends.base import Backend, Entry
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.phones import phone_problem
from arllie_deploy.bench.proofs import emulated_row, estimated_rows
from arllie_deploy.bench.status import Status


def _entries(subject: Subject, artifacts: Sequence[Entry]) -> list[Entry]:
    row = Candidate(backend="npu", runtime="litert", accelerator="nnapi", precision="int8", size=subject.size_text)
    reason = f"NNAPI runs on an Android phone, and {phone_problem()}"
    proven = [entry for artifact in artifacts for entry in _proven(artifact)]
    return [row.row(Status.UNAVAILABLE, reason=reason), *proven]


def _proven(artifact: Entry) -> Iterator[Entry]:
    """What the exporter found out about an artifact; a row that is decided already stays as it is."""
    if not isinstance(artifact, Candidate):
        yield artifact
    elif artifact.manifest is None:
        reason = "it is in no manifest.json: export it again for what its compiler or emulator says"
        yield artifact.row(Status.UNAVAILABLE, reason=reason)
    elif (artifact.manifest.get("facts") or {}).get("npus"):
        yield from estimated_rows(artifact, artifact.manifest)
    else:
        yield emulated_row(artifact, artifact.manifest)


ROW = Backend("npu", "a neural processor: NNAPI of a phone, Ethos-U estimated, HTP emulated", _entries)
