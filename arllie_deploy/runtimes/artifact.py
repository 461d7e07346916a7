"""What an artifact says about itself, and the check that a runtime can honor it."""

import json
from pathlib import Path
from typing import Any

from arllie_deploy.errors import ArllieError

METADATA_VERSION = 1


def check_metadata(text: str | None, path: Path, *, layout: str) -> dict[str, Any]:
    """Parse an artifact's own description and refuse one that asks for something the runtimes do not do.

    Args:
        text: the JSON stored in the artifact, None if it holds none.
        path: for the message.
        layout: the layout that the caller feeds.

    Raises:
        ArllieError: if there is none, it is of another version, or its layout, color or range is not ours.
    """
    if text is None:
        raise ArllieError(f"{path}: holds no arllie metadata; export it with arllie-export")
    try:
        metadata = json.loads(text)
    except ValueError:
        raise ArllieError(f"{path}: its arllie metadata is not JSON; export it again") from None
    if not isinstance(metadata, dict) or metadata.get("version") != METADATA_VERSION:
        raise ArllieError(f"{path}: its arllie metadata is not of version {METADATA_VERSION}; export it again")
    feeds: dict[str, list[Any]] = {"layout": [layout], "color": ["RGB", "Y"], "range": [[0.0, 1.0]]}
    for key, wanted in feeds.items():
        if metadata.get(key) not in wanted:
            known = " or ".join(map(repr, wanted))
            raise ArllieError(f"{path}: {key} is {metadata.get(key)!r}, this runtime feeds {known}")
    return metadata
