"""Where a study is kept: a journal file, or a database given by its URL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from arllie_deploy.atomic import ensure_folder
from arllie_deploy.errors import ArllieError, UnavailableError

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

# What every journal begins with.
_JOURNAL_START = b'{"op_code"'


def open_storage(place: str) -> BaseStorage:
    """Open or create the storage.

    Args:
        place: an SQLAlchemy URL (it has "://"), or the path of a journal file.

    Raises:
        ArllieError: if it cannot be read; passwords are left out of the message.
        UnavailableError: if the driver of the database is not installed.
    """
    from optuna.storages import JournalStorage, RDBStorage
    from optuna.storages.journal import JournalFileBackend

    if is_url(place):
        try:
            return RDBStorage(place)
        except ImportError as error:
            raise UnavailableError(
                f"--storage {shown(place)}: needs the driver {error.name}: pip install {error.name}"
            ) from None
        except Exception as error:  # SQLAlchemy and its drivers raise many types
            reason = str(error).partition("\n")[0].replace(place, shown(place))
            raise ArllieError(f"--storage {shown(place)}: cannot be opened ({reason})") from None
    path = Path(place)
    if path.is_dir():
        raise ArllieError(f"{path} is a folder; the study is a file")
    ensure_folder(path.parent)
    if path.exists():
        _refuse_other_files(path)
        _drop_torn_line(path)
    try:
        return JournalStorage(JournalFileBackend(str(path)))
    except OSError:
        raise
    except Exception:  # Optuna checks nothing of what it reads
        raise damaged_study(place) from None


def remove_journal(path: Path) -> None:
    """Remove a journal; raises `ArllieError` if the file is something else."""
    if path.exists():
        _refuse_other_files(path)
        path.unlink()


def is_url(place: str) -> bool:
    """Whether a place is a database."""
    return "://" in place


def shown(place: str) -> str:
    """A place for messages, without the password."""
    if not is_url(place):
        return place
    scheme, _, rest = place.partition("://")
    credentials, at, host = rest.rpartition("@")
    user = credentials.partition(":")[0]
    return f"{scheme}://{user}{':***' if ':' in credentials else ''}{at}{host}"


def damaged_study(place: str) -> ArllieError:
    """The error for a study that cannot be used."""
    return ArllieError(f"{shown(place)}: a damaged study; start over with --force")


def _refuse_other_files(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(len(_JOURNAL_START))
    if start and not _JOURNAL_START.startswith(start[:1]):
        raise ArllieError(f"{path}: not a study; give another file, or remove this one")


def _drop_torn_line(path: Path) -> None:
    """Cut off what a process killed while it wrote left at the end: the next entry would be glued to it."""
    from optuna.storages.journal import JournalFileSymlinkLock

    with path.open("rb") as file:
        if not _ends_torn(file.read()):
            return
    lock = JournalFileSymlinkLock(str(path))
    lock.acquire()
    try:
        with path.open("rb+") as file:
            content = file.read()
            if _ends_torn(content):
                file.truncate(content.rfind(b"\n") + 1)
    finally:
        lock.release()


def _ends_torn(content: bytes) -> bool:
    return bool(content) and not content.endswith(b"\n")
