"""A signal processor: the Hexagon delegate of a phone."""

from collections.abc import Sequence

from arllie_deploy.bench.backends.base import Backend, Entry
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.phones import phone_problem
from arllie_deploy.bench.status import Status


def _entries(subject: Subject, artifacts: Sequence[Entry]) -> list[Entry]:
    row = Candidate(backend="dsp", runtime="litert", accelerator="hexagon", precision="int8", size=subject.size_text)
    reason = f"the Hexagon delegate runs on a Snapdragon phone, and {phone_problem()}"
    return [row.row(Status.UNAVAILABLE, reason=reason), *artifacts]


ROW = Backend("dsp", "a signal processor: Hexagon of a phone", _entries)
