"""`manifest.json`: what a folder of artifacts holds. Merged by file name under a lock, written in one step."""

import fcntl
import hashlib
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
# What the entry of an artifact that passed must have to be recognized again.
_IDENTITY = ("file", "sha256", "model_sha256")


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
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or "version" not in value:
        raise _damaged(path)
    if value["version"] != VERSION:
        raise ArllieError(
            f"{path}: manifest version {value['version']!r}, this program writes {VERSION}; choose another --out"
        )
    entries = value.get("artifacts")
    if not isinstance(entries, dict) or not all(_is_entry(entry) for entry in entries.values()):
        raise _damaged(path)
    return entries


def merge_into_manifest(folder: Path, entries: Mapping[str, Entry]) -> None:
    """Add or replace `entries` by file name; other entries stay.

    So does the entry of a verified artifact that is still there, byte for byte, when a later attempt came to nothing.
    """
    with _locked(folder):
        old = read_manifest(folder)
        new = {name: entry for name, entry in entries.items() if not _still_stands(folder, old.get(name), entry)}
        merged = {**old, **new}
        text = json.dumps({"version": VERSION, "artifacts": merged}, indent=2, sort_keys=True, allow_nan=False)
        write_text(folder / FILE_NAME, text + "\n")


def _still_stands(folder: Path, old: Entry | None, new: Entry) -> bool:
    if old is None or new["status"] == Status.OK or old["status"] != Status.OK:
        return False
    path = folder / str(old["file"])
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == old["sha256"]


def _is_entry(value: Any) -> bool:
    if not isinstance(value, dict) or value.get("status") not in list(Status):
        return False
    return value["status"] != Status.OK or all(isinstance(value.get(key), str) for key in _IDENTITY)


def _damaged(path: Path) -> ArllieError:
    return ArllieError(f"{path}: not a manifest of arllie-export; move it away or choose another --out")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold an exclusive lock on the folder itself, so that no lock file is left in it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
