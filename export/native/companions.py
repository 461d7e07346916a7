"""The files beside a native artifact's main one; all begin with its name, so that any number share a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.export.native.build import SOURCES
from arllie_deploy.export.native.constants import header, model_name
from arllie_deploy.export.native.cuda_constants import launch_marks
from arllie_deploy.export.native.head_constants import head_header, head_name
from arllie_deploy.export.request import Request
from arllie_deploy.export.targets import TARGETS

_TEMPLATES = Path(__file__).parent / "templates"


class Named(Protocol):
    """A request, of one model or of one that is made for each frame."""

    @property
    def path(self) -> Path:
        """The main file."""
        ...

    @property
    def target(self) -> str:
        """Its name."""
        ...


@dataclass(frozen=True)
class _Kind:
    """What the files of a target's artifacts are made from.

    Attributes:
        name: that its example's template begins with.
        build: that the template of its CMake file begins with.
        interfaces: ending -> header in the source folder.
        headers: ending -> template.
        marks: of the templates, besides those that all have.
    """

    name: str
    build: str
    interfaces: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    marks: Callable[[Request], Mapping[str, str]] = lambda request: {}


_LIBRARY = _Kind("library", "library", {"-arllie.h": "arllie.h"})
_ADAPTIVE = _Kind("adaptive", "library", {"-arllie.h": "arllie.h", "-adaptive.h": "adaptive/arllie_adaptive.h"})
_KINDS = {
    "native-hexagon": _Kind("hexagon", "hexagon", {"-arllie.h": "arllie.h", "-hvx.h": "hvx/arllie_hvx.h"}),
    "native-cuda": _Kind(
        "cuda",
        "cuda",
        {"-arllie.h": "arllie.h", "-frames.h": "cuda/frames.cuh"},
        {"-cuda.h": "cuda.h.in"},
        launch_marks,
    ),
}


def stem_of(request: Named) -> str:
    """What the names of an artifact's files begin with."""
    return request.path.name.removesuffix(TARGETS[request.target].suffix)


def companion(request: Named, ending: str) -> Path:
    """The artifact's file of an ending."""
    return request.path.with_name(f"{stem_of(request)}{ending}")


def write_common(request: Request) -> list[Path]:
    """Write what needs no compiler: model, interface, example and CMake file; gives the files."""
    kind = _KINDS.get(request.target, _LIBRARY)
    model = header(request.enhancer, companion(request, "-arllie.h").name)
    return _write(request, kind, model, {"@MODEL@": model_name(request.enhancer), **kind.marks(request)})


def write_adaptive_common(request: Named, model: AdaptiveEnhancer) -> list[Path]:
    """The same for an adaptive model."""
    return _write(
        request,
        _ADAPTIVE,
        head_header(model, companion(request, "-adaptive.h").name),
        {"@HEAD@": head_name(model)},
    )


def _write(request: Named, kind: _Kind, model: str, marks: Mapping[str, str]) -> list[Path]:
    marks = {"@STEM@": stem_of(request), **marks}
    texts = {
        ".h": model,
        **{ending: _interface(source, request) for ending, source in kind.interfaces.items()},
        **{ending: _filled(template, marks) for ending, template in kind.headers.items()},
        "-example.c": _filled(f"{kind.name}-example.c.in", marks),
        ".cmake": _filled(f"{kind.build}.cmake.in", marks),
    }
    for ending, text in texts.items():
        companion(request, ending).write_text(text)
    return [companion(request, ending) for ending in texts]


def _interface(source: str, request: Named) -> str:
    """A header of the kernel's sources, which includes the interface by the name that it has here."""
    text = (SOURCES / source).read_text()
    return text.replace('#include "../arllie.h"', f'#include "{companion(request, "-arllie.h").name}"')


def _filled(name: str, marks: Mapping[str, str]) -> str:
    """A template, about this artifact."""
    text = (_TEMPLATES / name).read_text()
    for mark, value in marks.items():
        text = text.replace(mark, value)
    return text
