"""The runner for AArch64, made once."""

import shutil
from functools import cache
from pathlib import Path

import pytest

from arllie_deploy.bench.runner.build import COMPILER, build


@cache
def built_runner(folder: Path) -> Path:
    """Its path; skips where it cannot be made or executed."""
    if shutil.which(COMPILER) is None:
        pytest.skip(f"no {COMPILER} here: apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross")
    if shutil.which("qemu-aarch64-static") is None:
        pytest.skip("no qemu-aarch64-static here: apt-get install qemu-user-static")
    build(folder / "runner")
    return folder / "runner"
