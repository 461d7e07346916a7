"""Writes the targets that are libraries: what a C or C++ program needs, and a program that shows or measures it.

Beside the main file lie the model and the interface as headers, an example and a CMake file (`companions`), and STEM.a,
the library without a model. x86-64 has a shared library too, which has its model inside; arm64 a static runner.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from arllie_deploy.export.metadata import tool_versions
from arllie_deploy.export.native import build
from arllie_deploy.export.native.account import account, description
from arllie_deploy.export.native.companions import Named, companion, write_common
from arllie_deploy.export.native.constants import description_source, weights_source
from arllie_deploy.export.native.machine import Machine, machine_for
from arllie_deploy.export.request import Request, Written

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Contents:
    """What goes into the libraries and the runner of one artifact.

    Attributes:
        common: the files beside them, whose headers the generated sources include.
        objects: name -> compiled file, without a model.
        description: the C source that holds the model and describes it.
        runner: name -> C source of what the runner has besides runner.c.
    """

    common: list[Path]
    objects: Mapping[str, bytes]
    description: str
    runner: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Site:
    """Where one artifact is put together.

    Attributes:
        machine: that it is for.
        folder: for objects and generated sources.
        request: of the artifact.
        contents: of it.
        objects: its objects without a model.
    """

    machine: Machine
    folder: Path
    request: Named
    contents: Contents
    objects: list[Path]

    def compiled(self, sources: Mapping[str, str]) -> list[Path]:
        for name, text in sources.items():
            (self.folder / name).write_text(text)
        return build.compile_files(self.machine, self.folder, sources, self.folder)


def write(request: Request) -> Written:
    """Write the artifact of a request."""
    machine = machine_for(request.target)
    tools = tool_versions(()) | {machine.name: build.compiler_version(machine)}
    header = companion(request, ".h").name
    contents = Contents(
        write_common(request),
        build.kernel_objects(machine),
        description_source(request.enhancer, header, description(request, tools)),
        {"runner_fixed.c": runner_source("runner_fixed.c"), "weights.c": weights_source(request.enhancer)},
    )
    files = assemble(request, machine, contents)
    facts = {"kernels": build.kernel_sources(machine), **machine.facts}
    return account(request, files, "arllie_enhance", tools, facts)


def assemble(request: Named, machine: Machine, contents: Contents) -> list[Path]:
    """Write the libraries and the program of an artifact; gives all its files, the common ones among them.

    Raises:
        UnavailableError: if the compiler's C library is not here.
        ArllieError: if it fails.
    """
    library = companion(request, ".a")
    with tempfile.TemporaryDirectory(prefix="arllie-") as scratch:
        folder = Path(scratch).resolve()
        for name, data in contents.objects.items():
            (folder / name).write_bytes(data)
        for header in contents.common:
            shutil.copy(header, folder)
        site = _Site(machine, folder, request, contents, sorted(folder.glob("*.o")))
        build.archive(machine, site.objects, library)
        linked = _LINKERS[request.target](site, site.compiled({"description.c": contents.description}))
    return [library, linked, *contents.common]


def runner_source(name: str) -> str:
    """A file of the runner."""
    return (_HERE / name).read_text()


def _link_library(site: _Site, described: list[Path]) -> Path:
    library = companion(site.request, ".so")
    build.link_shared(site.machine, [*site.objects, *described], library)
    return library


def _link_runner(site: _Site, described: list[Path]) -> Path:
    shutil.copy(_HERE / "runner.h", site.folder)
    made = site.compiled({"runner.c": runner_source("runner.c"), **site.contents.runner})
    program = companion(site.request, "-runner")
    build.link_program(site.machine, [*made, *described, companion(site.request, ".a")], program)
    return program


# The last step of each target: the shared library is the main file of one, the static one of the others.
_LINKERS: Mapping[str, Callable[[_Site, list[Path]], Path]] = {
    "native-x86-64": _link_library,
    "native-arm64-linux": _link_runner,
    "native-arm64-android": _link_runner,
}
