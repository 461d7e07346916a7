"""Native artifacts of small models, and their examples built as a user would."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from support.enhancers import random_enhancer

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.export.request import Request, Written
from arllie_deploy.export.targets import TARGETS


def request_for(target: str, folder: Path, enhancer: Enhancer | None = None) -> Request:
    """The request of one artifact in `folder`; without a model, of the random one."""
    model = enhancer or random_enhancer()
    path = folder / TARGETS[target].file_name(model.name, "int8x16", (32, 24))
    return Request(model, target, "int8x16", (32, 24), path)


def written(target: str, folder: Path, enhancer: Enhancer | None = None) -> tuple[Request, Written]:
    """One artifact in `folder`."""
    request = request_for(target, folder, enhancer)
    return request, TARGETS[target].writer()(request)


def built_by_cmake(folder: Path, lines: Sequence[str], targets: Sequence[str]) -> Path:
    """Build targets of a C project whose CMakeLists.txt has `lines`; gives the folder of the programs."""
    start = ["cmake_minimum_required(VERSION 3.14)", "project(user C)"]
    (folder / "CMakeLists.txt").write_text("\n".join([*start, *lines, ""]))
    setup = ["-S", ".", "-B", "build", "-DCMAKE_C_FLAGS=-Wall -Wextra -Werror"]
    for line in (setup, ["--build", "build", "--target", *targets]):
        done = subprocess.run(["cmake", *line], cwd=folder, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "build"
