"""What a row of the table of backends holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.row import Row

# What can be timed, or the row that says why it cannot.
Entry = Candidate | Row


@dataclass(frozen=True)
class Backend:
    """One word of `--backends`.

    Attributes:
        name: the word.
        summary: what it stands for.
        entries: (subject, the artifacts there are for this backend) -> what to time; imports no engine at the top.
    """

    name: str
    summary: str
    entries: Callable[[Subject, Sequence[Entry]], list[Entry]]
