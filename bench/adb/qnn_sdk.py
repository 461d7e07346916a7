"""Where Qualcomm's AI Runtime SDK (QAIRT) has its runner, its libraries and its reader of profiles.

The layout is that of "Tools" and "Backend" in the SDK's documentation (QAIRT 2.29 to 2.44, docs/QNN/general). Nothing
of it is part of this program: users have the SDK from Qualcomm, under Qualcomm's license.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from arllie_deploy.errors import ArllieError

_DEVICE, _HOST = "aarch64-android", "x86_64-linux-clang"
# libQnnSystem reads the context; the others of the processor's side come with the backend.
_LIBRARIES = ("libQnnHtp.so", "libQnnHtpPrepare.so", "libQnnSystem.so")
# Snapdragon number -> generation of its HTP, as in the soc_table of TensorFlow Lite's Qualcomm delegate; 8450, 8475 and
# 8850 as public applications choose their libraries. A number that is not here is not guessed.
_ARCHS = {8350: 68, 8450: 69, 8475: 69, 8550: 73, 8650: 75, 8750: 79, 8850: 81}


@dataclass(frozen=True)
class QnnFiles:
    """What runs a context of one generation of the HTP.

    Attributes:
        runner: `qnn-net-run` for the phone.
        libraries: that must lie beside it there.
        viewer: `qnn-profile-viewer` for Linux on x86-64; it need not be there.
        viewer_libraries: the folder of its own libraries.
    """

    runner: Path
    libraries: tuple[Path, ...]
    viewer: Path
    viewer_libraries: Path


def find_files(sdk: Path, arch: int) -> QnnFiles:
    """The files for one generation in an SDK's folder.

    Raises:
        ArllieError: naming everything that is missing.
    """
    device = sdk / "lib" / _DEVICE
    runner = sdk / "bin" / _DEVICE / "qnn-net-run"
    # The stub loads the skel of the same SDK on the Hexagon; another version is refused by it.
    skel = sdk / "lib" / f"hexagon-v{arch}" / "unsigned" / f"libQnnHtpV{arch}Skel.so"
    libraries = (*(device / name for name in _LIBRARIES), device / f"libQnnHtpV{arch}Stub.so", skel)
    missing = [str(path.relative_to(sdk)) for path in (runner, *libraries) if not path.is_file()]
    if missing:
        raise ArllieError(
            f"{sdk}: no {', '.join(missing)} in this folder; --qnn-sdk is that of Qualcomm's AI Runtime SDK "
            "that holds bin and lib"
        )
    return QnnFiles(runner, libraries, sdk / "bin" / _HOST / "qnn-profile-viewer", sdk / "lib" / _HOST)


def arch_of(soc: str | None) -> int | None:
    """The generation of a phone's HTP; None where the table does not know it.

    Args:
        soc: such as "QTI SM8650", "SM8550-AB" or "QTI SM8750P".
    """
    found = re.search(r"\bSM(\d{4})(?!\d)", soc or "")
    return _ARCHS.get(int(found[1])) if found else None
