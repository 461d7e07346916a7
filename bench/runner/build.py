"""Makes the runner with Debian's cross-compiler: static, so that it needs nothing of the phone but its kernel."""

from __future__ import annotations

import shutil
import subprocess
from importlib.resources import as_file, files
from pathlib import Path

from arllie_deploy.atomic import replacing
from arllie_deploy.errors import ArllieError, UnavailableError

COMPILER = "aarch64-linux-gnu-gcc"
_PACKAGES = "gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
_OPTIONS = ("-std=c11", "-O3", "-static", "-Wall", "-Wextra", "-Werror")
_TIMEOUT_S = 120.0


def build(target: Path) -> None:
    """Compile the runner for AArch64.

    Args:
        target: the program to write.

    Raises:
        UnavailableError: if the compiler or its C library is not here.
        ArllieError: if it fails.
    """
    compiler = shutil.which(COMPILER)
    if compiler is None:
        raise UnavailableError(f"no {COMPILER} here: apt-get install {_PACKAGES}")
    with as_file(files(__package__) / "runner.c") as source, replacing(target) as temporary:
        line = [compiler, *_OPTIONS, "-o", str(temporary), str(source), "-lm"]
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
        if done.returncode != 0:
            reason = next((line for line in done.stderr.splitlines() if "error" in line), "it gave no reason")
            if "No such file" in reason or "cannot find" in reason:
                raise UnavailableError(
                    f"{COMPILER} lacks its C library ({reason.strip()}): apt-get install {_PACKAGES}"
                )
            raise ArllieError(f"{COMPILER} failed: {reason.strip()}")
    target.chmod(0o755)
