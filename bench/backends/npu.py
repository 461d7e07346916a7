"""A neural processor: NNAPI of a phone. Ethos-U and HTP get their own rows when they can be run."""

from collections.abc import Sequence

from arllie_deploy.bench.backends.base import Backend, Entry
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.phones import phone_problem
from arllie_deploy.bench.status import Status


def _entries(subject: Subject, artifacts: Sequence[Entry]) -> list[Entry]:
    row = Candidate(backend="npu", runtime="litert", precision="int8", size=subject.size_text)
    reason = f"NNAPI runs on an Android phone, and {phone_problem()}"
    return [row.row(Status.UNAVAILABLE, reason=reason), *artifacts]


ROW = Backend("npu", "a neural processor: NNAPI of a phone", _entries)
