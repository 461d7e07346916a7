"""Adds entries to a manifest, as one of several programs at once."""

from pathlib import Path

from arllie_deploy.export.manifest import merge_into_manifest


def add_ten(folder: Path, name: str) -> None:
    """Merge ten entries, one by one."""
    for index in range(10):
        merge_into_manifest(folder, {f"{name}{index}": {"status": "failed", "n": index}})
