"""Writes the targets that are libraries: what a C or C++ program needs, and a program that shows or measures it.

Beside the main file lie the model and the interface as headers, an example and a CMake file (`companions`), and STEM.a,
the library without a model. x86-64 has a shared library too, which has its model inside; arm64 a static runner.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from arllie_deploy.export.metadata import tool_versions
from arllie_deploy.export.native import build
from arllie_deploy.export.native.account import account, description
from arllie_deploy.export.native.companions import companion, write_common
from arllie_deploy.export.native.constants import description_source, weights_source
from arllie_deploy.export.native.machine import Machine, machine_for
from arllie_deploy.export.request import Request, Written

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class _Site:
    """Where one artifact is put together.

    Attributes:
        machine: that it is for.
        folder: for objects and generated sources.
        request: of the artifact.
        kernel: objects without a model.
    """

    machine: Machine
    folder: Path
    request: Request
    kernel: list[Path]

    def compiled(self, name: str, text: str) -> Path:
        (self.folder / name).write_text(text)
        [made] = build.compile_files(self.machine, self.folder, [name], self.folder)
        return made


def write(request: Request) -> Written:
    """Write the artifact of a request."""
    machine = machine_for(request.target)
    tools = tool_versions(()) | {machine.name: build.compiler_version(machine)}
    common, library = write_common(request), companion(request, ".a")
    with tempfile.TemporaryDirectory(prefix="arllie-") as scratch:
        folder = Path(scratch).resolve()
        for name, data in build.kernel_objects(machine).items():
            (folder / name).write_bytes(data)
        for header in common:
            shutil.copy(header, folder)
        site = _Site(machine, folder, request, sorted(folder.glob("*.o")))
        build.archive(machine, site.kernel, library)
        text = description_source(request.enhancer, companion(request, ".h").name, description(request, tools))
        linked = _LINKERS[request.target](site, site.compiled("description.c", text))
    facts = {"kernels": build.kernel_sources(machine), **machine.facts}
    return account(request, [library, linked, *common], "arllie_enhance", tools, facts)


def _link_library(site: _Site, described: Path) -> Path:
    library = companion(site.request, ".so")
    build.link_shared(site.machine, [*site.kernel, described], library)
    return library


def _link_runner(site: _Site, described: Path) -> Path:
    weights = site.compiled("weights.c", weights_source(site.request.enhancer))
    main = site.compiled("runner.c", (_HERE / "runner.c").read_text())
    program = companion(site.request, "-runner")
    build.link_program(site.machine, [main, described, weights, companion(site.request, ".a")], program)
    return program


# The last step of each target: the shared library is the main file of one, the static one of the others.
_LINKERS: Mapping[str, Callable[[_Site, Path], Path]] = {
    "native-x86-64": _link_library,
    "native-arm64-linux": _link_runner,
    "native-arm64-android": _link_runner,
}
