"""Where a run's files go: `OUT/runs/<run id>/`, and a copy of the newest in OUT itself."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from arllie_deploy.atomic import ensure_folder, write_bytes


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run.

    Attributes:
        out: OUT.
        run_id: name of the run's own folder; sorts by time.
        started: UTC, ISO 8601.
    """

    out: Path
    run_id: str
    started: str

    @property
    def path(self) -> Path:
        """The run's own folder."""
        return self.out / "runs" / self.run_id

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write every file to the run's own folder, then over the newest ones in OUT, each in one step."""
        self.path.mkdir(parents=True, exist_ok=True)
        for folder in (self.path, self.out):
            for name, data in files.items():
                write_bytes(folder / name, data)


def plan_run(out: Path) -> RunFolder:
    """Name a run, and make sure that its files can be written when it is over.

    Raises:
        ArllieError: if a file is in the way of OUT.
        OSError: if OUT cannot be made or written to.
    """
    for folder in (out, out / "runs"):
        ensure_folder(folder)
    now = datetime.now(UTC)
    run_id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    return RunFolder(out, run_id, f"{now:%Y-%m-%dT%H:%M:%SZ}")
