"""Files that appear whole or not at all, and are never overwritten without being asked."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arllie_deploy.errors import ArllieError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it is renamed to `path`, otherwise it is removed.

    The temporary name keeps the suffix, because many encoders choose the format by it.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=f".part{path.suffix}", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path`, replacing it in one step."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8, replacing it in one step."""
    write_bytes(path, text.encode())


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raise `ArllieError` if `path` exists and `force` is false."""
    if path.exists() and not force:
        raise ArllieError(f"{path} exists; pass --force to replace it")


def ensure_folder(path: Path) -> None:
    """Create the folder `path` with its parents; a file in the way is an `ArllieError`."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ArllieError(f"{path} is not a folder: a file is in the way") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
