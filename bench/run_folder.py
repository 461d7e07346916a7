"""Where a run's files go: `OUT/runs/<run id>/`, and a copy of the newest in OUT itself."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from arllie_deploy.atomic import ensure_folder, write_bytes
from arllie_deploy.errors import ArllieError


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
        ArllieError: if OUT cannot be made or written to.
    """
    ensure_folder(out / "runs")
    for folder in (out, out / "runs"):
        _refuse_unwritable(folder)
    now = datetime.now(UTC)
    run_id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    return RunFolder(out, run_id, f"{now:%Y-%m-%dT%H:%M:%SZ}")


def _refuse_unwritable(folder: Path) -> None:
    try:
        handle, name = tempfile.mkstemp(prefix=".arllie-", dir=folder)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ArllieError(f"--out {folder} cannot be written to ({reason}); choose another folder") from None
    os.close(handle)
    Path(name).unlink()
