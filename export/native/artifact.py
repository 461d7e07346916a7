"""Writes the native targets: what a C or C++ program needs, and a program that shows or measures it.

Beside the main file of the stem STEM lie `STEM.h` (the model), `STEM-example.c`, and `arllie.h` and `CMakeLists.txt`,
which are the same for every native artifact; the library without a model is `STEM.a`. x86-64 has a shared library too,
which has its model inside, arm64 a static runner.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arllie_deploy.export.metadata import metadata_text, tool_versions
from arllie_deploy.export.native import build
from arllie_deploy.export.native.constants import description_source, header, model_name, weights_source
from arllie_deploy.export.native.machine import MACHINES, Machine
from arllie_deploy.export.request import Request, Written
from arllie_deploy.native.integer import quantize
from arllie_deploy.native.library import ABI_VERSION
from arllie_deploy.native.logistic_form import LOGISTIC_FORMS

LAYOUT = "NHWC"
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

    def companion(self, ending: str) -> Path:
        return self.request.path.with_name(f"{self.request.path.stem}{ending}")

    def compiled(self, name: str, text: str) -> Path:
        (self.folder / name).write_text(text)
        [made] = build.compile_files(self.machine, self.folder, [name], self.folder)
        return made


def write(request: Request) -> Written:
    """Write the artifact of a request."""
    machine = MACHINES[request.target]
    tools = tool_versions(()) | {machine.compiler: build.compiler_version(machine)}
    texts = _texts(request)
    for path, text in texts.items():
        path.write_text(text)
    with tempfile.TemporaryDirectory(prefix="arllie-") as scratch:
        folder = Path(scratch).resolve()
        for name, data in build.kernel_objects(machine).items():
            (folder / name).write_bytes(data)
        site = _Site(machine, folder, request, sorted(folder.glob("*.o")))
        build.archive(machine, site.kernel, site.companion(".a"))
        (folder / site.companion(".h").name).write_text(texts[site.companion(".h")])
        linked = _LINKERS[request.target](site, site.compiled("description.c", _description(request, tools)))
    others = {site.companion(".a"), linked, *texts} - {request.path}
    return Written(
        operators=["arllie_enhance"],
        layout=LAYOUT,
        tools=tools,
        sidecars=sorted(path.name for path in others),
        scales=_scales(request),
        facts={"error_bound_levels": quantize(request.enhancer).error_bound, "kernels": build.kernel_sources(machine)},
    )


def _link_library(site: _Site, description: Path) -> Path:
    build.link_shared(site.machine, [*site.kernel, description], site.companion(".so"))
    return site.companion(".so")


def _link_runner(site: _Site, description: Path) -> Path:
    weights = site.compiled("weights.c", weights_source(site.request.enhancer))
    main = site.compiled("runner.c", (_HERE / "runner.c").read_text())
    program = site.companion("-runner")
    build.link_program(site.machine, [main, description, weights, site.companion(".a")], program)
    return program


# The last step of each target: the shared library is the main file of one, the static one of the other.
_LINKERS: Mapping[str, Callable[[_Site, Path], Path]] = {
    "native-x86-64": _link_library,
    "native-arm64-linux": _link_runner,
}


def _texts(request: Request) -> dict[Path, str]:
    folder, stem = request.path.parent, request.path.stem
    example = (_HERE / "example.c.in").read_text()
    for mark, text in {"@HEADER@": f"{stem}.h", "@MODEL@": model_name(request.enhancer)}.items():
        example = example.replace(mark, text)
    return {
        folder / f"{stem}.h": header(request.enhancer),
        folder / f"{stem}-example.c": example,
        folder / "arllie.h": (build.SOURCES / "arllie.h").read_text(),
        folder / "CMakeLists.txt": (_HERE / "CMakeLists.txt").read_text(),
    }


def _description(request: Request, tools: dict[str, str]) -> str:
    text = metadata_text(
        request.enhancer,
        target=request.target,
        layout=LAYOUT,
        precision=request.precision,
        size=None,
        schema=f"arllie.h {ABI_VERSION}",
        tools=tools,
    )
    return description_source(request.enhancer, f"{request.path.stem}.h", text)


def _scales(request: Request) -> dict[str, Mapping[str, Any]]:
    """What an integer stands for; the factors that `direct` and `curve` have in their weights are taken out again."""
    model = quantize(request.enhancer)
    form = LOGISTIC_FORMS.get(model.epilogue)
    if model.curve is not None:
        u = 1.0 / (model.curve.unit * 2.0**model.curve.shift)
    else:
        u = 2.0**-model.shift / (255.0 * (form.gain if form else 1.0))
    return {
        "y": {"scale": 1 / 255, "zero_point": 0, "dtype": "uint8"},
        "kernel": {"scale": 255.0 * u, "zero_point": 0, "dtype": "int16"},
        "u": {"scale": u, "zero_point": 0, "dtype": "int32"},
    }
