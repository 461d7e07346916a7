"""Writes the target `native-hexagon`: an object with the HVX kernel for each architecture, headers, example, CMake."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from arllie_deploy.export.metadata import tool_versions
from arllie_deploy.export.native.account import account, description
from arllie_deploy.export.native.companions import companion, write_common
from arllie_deploy.export.native.constants import string_literal
from arllie_deploy.export.parity import mirrored
from arllie_deploy.export.request import Request, Written
from arllie_deploy.native import hexagon
from arllie_deploy.native.hexagon import ARCHITECTURES, Toolchain
from arllie_deploy.native.kernel import integer_struct
from arllie_deploy.pictures.dark_set import dark_pictures
from arllie_deploy.runtimes.native_hexagon import DESCRIPTION_SECTION, MODEL_SECTION

_COUNTED_SIZE = (1920, 1080)


def write(request: Request) -> Written:
    """Write the artifact of a request; each object is executed once, for the packets that the manifest has."""
    toolchain = hexagon.find_toolchain()
    tools = tool_versions(()) | {"clang": str(toolchain.version)}
    files, counts = write_common(request), {}
    for architecture in ARCHITECTURES:
        files.append(companion(request, f"-{architecture}.o"))
        with tempfile.TemporaryDirectory(prefix="arllie-") as scratch:
            folder = Path(scratch).resolve()
            source = _description_file(request, folder, description(request, tools))
            kernel = folder / "kernel.o"
            kernel.write_bytes(_kernel(architecture, toolchain))
            hexagon.add_to_object(kernel, source, architecture, toolchain, files[-1])
            runner = hexagon.link_runner(files[-1], folder, architecture, toolchain)
            counts[architecture] = {"file": files[-1].name, **_counts(request, runner)}
    return account(request, files, "arllie_hvx_enhance", tools, {"hvx": counts})


@cache
def _kernel(architecture: str, toolchain: Toolchain) -> bytes:
    """The object without a model; made once in a process."""
    with tempfile.TemporaryDirectory(prefix="arllie-") as folder:
        return hexagon.build_object(Path(folder), architecture, toolchain).read_bytes()


def _description_file(request: Request, folder: Path, text: str) -> Path:
    """C that puts the model, by its header, and its description into sections of their own."""
    model, declarations = companion(request, ".h"), companion(request, "-arllie.h")
    for header in (model, declarations):
        shutil.copy(header, folder)
    place = '__attribute__((used, section("{}"))) static'.format
    lines = [
        f'#include "{declarations.name}"',
        f"#define static {place(MODEL_SECTION)}",
        f'#include "{model.name}"',
        "#undef static",
        f"{place(DESCRIPTION_SECTION)} const char arllie_artifact_description[] =",
        f"           {string_literal(text)};",
        "",
    ]
    (folder / "description.c").write_text("\n".join(lines))
    return folder / "description.c"


def _counts(request: Request, runner: Path) -> dict[str, Any]:
    """What the emulator counts for a dark frame; it has no clock, so it says nothing of time."""
    emulator, (width, height) = hexagon.find_emulator(), _COUNTED_SIZE
    frame = mirrored(next(iter(dark_pictures().values())), width, height)
    _, counters = hexagon.enhance(emulator, runner, integer_struct(request.enhancer), frame)
    return {
        "size": f"{width}x{height}",
        **asdict(counters),
        "packets_per_pixel": round(counters.packets / (width * height), 3),
        "counted_by": f"qemu-hexagon {emulator.version}",
    }
