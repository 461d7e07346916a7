"""The table of targets: one row each. Listing them imports no converter and no engine."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.request import Request, Written
from arllie_deploy.runtimes import RUNTIMES, Availability


@dataclass(frozen=True)
class Target:
    """One row.

    Attributes:
        name: as in `--target`.
        format: the id of the file format.
        accelerator: what executes it.
        runtime: the runtime that proves it here.
        backend: the word of `arllie-bench` under which it is timed.
        precisions: the first is the default.
        suffix: of the file.
        dynamic: whether one file serves every size.
        module: the writer, `module.write`.
        needs: modules that must be installed to write it.
        extra: the extra that installs them.
        default_model: the member or family used where no model is named.
    """

    name: str
    format: str
    accelerator: str
    runtime: str
    backend: str
    precisions: tuple[str, ...]
    suffix: str
    dynamic: bool
    module: str
    needs: tuple[str, ...]
    extra: str
    default_model: str

    def availability(self) -> Availability:
        """Whether it can be written and proven on this machine."""
        missing = [name for name in self.needs if find_spec(name) is None]
        if missing:
            needed = ", ".join(missing)
            return Availability(False, reason=f'needs {needed}: pip install "arllie-deploy[{self.extra}]"')
        return RUNTIMES[self.runtime].availability()

    def writer(self) -> Callable[[Request], Written]:
        """The function that writes the artifact; imports the converter's module, not yet the converter."""
        write: Callable[[Request], Written] = import_module(self.module).write
        return write

    def file_name(self, model: str, precision: str, size: tuple[int, int]) -> str:
        """The artifact's name; the size is in it where it is fixed."""
        suffix = "" if self.dynamic else f"-{size[0]}x{size[1]}"
        return f"{model}-{self.name}-{precision}{suffix}{self.suffix}"


TARGETS = {
    row.name: row
    for row in (
        Target(
            name="onnx-cpu",
            format="onnx",
            accelerator="cpu",
            runtime="onnxruntime",
            backend="cpu",
            precisions=("fp32",),
            suffix=".onnx",
            dynamic=True,
            module="arllie_deploy.export.onnx",
            needs=("onnx", "onnxsim"),
            extra="export",
            default_model="arllie-lol",
        ),
        Target(
            name="tflite-cpu",
            format="tflite",
            accelerator="cpu",
            runtime="litert",
            backend="cpu",
            precisions=("fp32",),
            suffix=".tflite",
            dynamic=False,
            module="arllie_deploy.export.tflite",
            needs=("tensorflow", "ai_edge_litert"),
            extra="tflite",
            default_model="arllie-lol",
        ),
    )
}


def find_targets(names: str) -> list[Target]:
    """The rows of a comma-separated list, in its order; every row where `all` is in it.

    Raises:
        ArllieError: on an unknown or empty name, with the nearest known one.
    """
    wanted = list(dict.fromkeys(part.strip() for part in names.split(",")))
    rows = []
    for name in wanted:
        if name == "all":
            continue
        if name not in TARGETS:
            close = get_close_matches(name, [*TARGETS, "all"], n=1, cutoff=0.4)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(TARGETS)}, all"
            raise ArllieError(f"unknown target {name!r}; {hint}")
        rows.append(TARGETS[name])
    return list(TARGETS.values()) if "all" in wanted else rows
