"""Raw frames from files of either kind."""

from __future__ import annotations

from pathlib import Path

from arllie_deploy.errors import ArllieError
from arllie_deploy.raw.camera import is_camera_file, read_camera
from arllie_deploy.raw.dump import DumpForm, read_dump
from arllie_deploy.raw.frame import RawFrame


def read_raw(path: Path, form: DumpForm | None = None) -> RawFrame:
    """A camera file, known by its name, or a Bayer dump.

    Args:
        path: the file.
        form: of a dump; None for a camera file.

    Raises:
        ArllieError: if a form is given for a camera file, or none for another; else as `read_camera` and `read_dump`.
    """
    if is_camera_file(path):
        if form is not None:
            raise ArllieError(f"{path}: a camera file says itself what it holds; leave out the order, bits and size")
        return read_camera(path)
    if form is None:
        raise ArllieError(f"{path}: not named like a camera file; of a Bayer dump give --bayer, --bits and --size")
    return read_dump(path, form)
