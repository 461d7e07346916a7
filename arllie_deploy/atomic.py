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

    The temporary name keeps the suffix, because many encoders choose the format by it. A system error names `path`.
    """
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=".arllie-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        if error.filename in (None, str(temporary)) or temporary is None:
            error.filename = str(path)
        raise
    finally:
        if temporary is not None:
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
    """Create the folder `path` with its parents, and make sure before any work that files can be written to it.

    Raises:
        ArllieError: if a file is in the way.
        OSError: if it cannot be created or written to; it names `path`.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ArllieError(f"{path} is not a folder: a file is in the way") from None
    try:
        handle, name = tempfile.mkstemp(prefix=".arllie-", dir=path)
    except OSError as error:
        error.filename = str(path)
        raise
    os.close(handle)
    Path(name).unlink()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
