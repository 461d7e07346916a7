"""`manifest.json`: what a folder of artifacts holds. Merged by file name under a lock, written in one step."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

from arllie_deploy.atomic import write_text
from arllie_deploy.errors import ArllieError

FILE_NAME = "manifest.json"
VERSION = 1


class Status(StrEnum):
    """What came of a requested target."""

    OK = "ok"
    REJECTED = "rejected"
    FAILED = "failed"
    UNAVAILABLE = "unavailable"


Entry = Mapping[str, Any]


def read_manifest(folder: Path) -> dict[str, Entry]:
    """File name -> entry; empty where there is no manifest.

    Raises:
        ArllieError: if it is damaged or of another version.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return {}
    try:
        value = json.loads(path.read_text())
        entries: dict[str, Entry] = value["artifacts"]
        version = value["version"]
    except (ValueError, KeyError, TypeError):
        raise ArllieError(f"{path}: not a manifest of arllie-export; move it away or choose another --out") from None
    if version != VERSION:
        raise ArllieError(f"{path}: manifest version {version!r}, this program writes {VERSION}; choose another --out")
    return entries


def merge_into_manifest(folder: Path, entries: Mapping[str, Entry]) -> None:
    """Add or replace `entries` by file name; other entries stay."""
    with _locked(folder):
        merged = {**read_manifest(folder), **entries}
        text = json.dumps({"version": VERSION, "artifacts": merged}, indent=2, sort_keys=True, allow_nan=False)
        write_text(folder / FILE_NAME, text + "\n")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold an exclusive lock on the folder itself, so that no lock file is left in it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
