"""What light modules cost beside full convolutions in every runtime: latency, parameters, operations, memory.

`python -m arllie_deploy.results.light_modules_runtimes OUT.json [FOLDER]` writes the rows; artifacts are kept in
FOLDER, and those that are there are taken. Costs are those of the structure, so weights are seeded ones.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from arllie_deploy.atomic import write_text
from arllie_deploy.errors import ArllieError
from arllie_deploy.export.child import ChildError
from arllie_deploy.export.networks.formats import FORMATS
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.networks.network import Network, sha256_of
from arllie_deploy.results.page import table
from arllie_deploy.results.timed_artifact import Timed, time_apart

#: Format -> the runtime that computes it.
RUNTIMES = {"onnx": "onnxruntime", "tflite": "LiteRT", "ncnn": "ncnn", "openvino": "OpenVINO"}
#: Of the frame; super-resolution gives four times the sides.
SIZE = (96, 64)
TASKS = ("denoising", "super-resolution", "inpainting")
FORMS = ("full", "light")
_FACTORY = "arllie_deploy.models.light_modules.deploy:build_deployed"
_ROUNDS = 2


@dataclass(frozen=True)
class Row:
    """One network in one runtime, on one core.

    Attributes:
        task: see `LightModulesConfig`.
        form: "full" or "light".
        runtime: a value of `RUNTIMES`.
        size: (width, height) of the frame.
        parameters: of the form for inference.
        macs: multiply-accumulates of the frame.
        file_bytes: of the artifact with all its files.
        timed: None where the runtime failed.
        reason: why it failed.
    """

    task: str
    form: str
    runtime: str
    size: tuple[int, int]
    parameters: int
    macs: int
    file_bytes: int
    timed: Timed | None
    reason: str | None = None


@dataclass(frozen=True)
class Made:
    """An artifact that is still to be timed."""

    row: Row
    channels: int
    path: Path


def measure(folder: Path, tasks: Sequence[str] = TASKS, width: float = 1.0) -> list[Row]:
    """Every task and form in every runtime that is installed; rounds are interleaved.

    Args:
        folder: of the artifacts; it is made if it is not there.
        tasks: of `TASKS`.
        width: of the networks.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = [one for task in tasks for form in FORMS for one in _artifacts(task, form, width, folder)]
    rounds = [[_timed(one) for one in made] for _ in range(_ROUNDS)]
    return [_least(found) for found in zip(*rounds, strict=True)]


def ratios(rows: Sequence[Row]) -> list[list[str]]:
    """One line for each task and runtime: what is full, what is light, and how many times less that is."""
    found = {(row.task, row.runtime, row.form): row for row in rows}
    lines = []
    for task, runtime in dict.fromkeys((row.task, row.runtime) for row in rows):
        full, light = (found[task, runtime, form] for form in FORMS)
        lines.append([task, runtime, *_cells(full, light)])
    return lines


def cost_table(rows: Sequence[Row]) -> str:
    """`ratios` in Markdown; a ratio below 1 is a light network that is slower or larger."""
    header = ["task", "runtime", "ms full", "ms light", "times faster", "MB full", "MB light", "times less memory"]
    return table(header, ratios(rows))


def _artifacts(task: str, form: str, width: float, folder: Path) -> Iterator[Made]:
    from arllie_deploy.export.networks.module import load_module
    from arllie_deploy.models.light_modules.lighten import parameters

    network = _network(task, form, width, folder)
    count, macs = parameters(load_module(network)), 0
    for name, runtime in RUNTIMES.items():
        if FORMATS[name].why_unavailable() is not None:
            continue
        # One folder for each format: two of them have a .bin of the same name.
        path = folder / name / f"{task}-{form}{FORMATS[name].suffix}"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            files, floats = {SIZE: path}, folder / "floats"
            floats.mkdir(exist_ok=True)
            FORMATS[name].writer()(NetworkRequest(network, name, "fp32", files, FORMATS[name].dynamic, floats=floats))
        macs = macs or _macs(path)
        held = sum(file.stat().st_size for file in path.parent.glob(f"{path.stem}.*") if file.suffix != ".json")
        yield Made(Row(task, form, runtime, SIZE, count, macs, held, None), network.channels, path)


def _macs(path: Path) -> int:
    """Of the first artifact, which is ONNX."""
    import onnx

    from arllie_deploy.networks.graph_costs import count_macs

    return count_macs(onnx.load(path), SIZE)


def _network(task: str, form: str, width: float, folder: Path) -> Network:
    import torch
    from safetensors.torch import save_file

    from arllie_deploy.models.light_modules.config import LightModulesConfig
    from arllie_deploy.models.light_modules.deploy import build_deployed

    config = LightModulesConfig(task, form, colors=1 if task == "denoising" else 3, width=width)
    torch.manual_seed(0)
    weights = folder / f"{task}-{form}.safetensors"
    save_file(build_deployed(**config.to_json()).state_dict(), weights)
    return Network(
        name=f"{form}-{task}",
        factory=_FACTORY,
        weights=weights,
        sha256=sha256_of(weights),
        license="MIT",
        arguments=config.to_json(),
        channels=config.channels,
        output_channels=config.colors,
        scale=config.scale,
        alignment=config.alignment,
        minimum=config.minimum,
    )


def _timed(made: Made) -> Row:
    facts = {**vars(made.row)}
    try:
        facts["timed"] = time_apart(made.path, made.channels, made.row.size)
    except ChildError as error:
        facts["reason"] = str(error)
    return Row(**facts)


def _least(found: Sequence[Row]) -> Row:
    """The round that a busy machine disturbed least."""
    good = [row for row in found if row.timed is not None]
    return min(good, key=lambda row: row.timed.milliseconds if row.timed else 0.0) if good else found[0]


def _cells(full: Row, light: Row) -> list[str]:
    if full.timed is None or light.timed is None:
        return [full.reason or light.reason or "", "", "", "", "", ""]
    slow, quick = full.timed.milliseconds, light.timed.milliseconds
    large, small = full.timed.memory_bytes / 1e6, light.timed.memory_bytes / 1e6
    return [
        f"{slow:.1f}",
        f"{quick:.1f}",
        f"{slow / quick:.1f}",
        f"{large:.0f}",
        f"{small:.0f}",
        f"{large / small:.1f}",
    ]


def main() -> None:
    """From the shell."""
    if len(sys.argv) not in (2, 3):
        raise ArllieError("give the file to write, and for the artifacts a folder: OUT.json [FOLDER]")
    with TemporaryDirectory(prefix="arllie-costs-") as scratch:
        rows = measure(Path([*sys.argv, scratch][2]))
    write_text(Path(sys.argv[1]), json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    sys.stdout.write(cost_table(rows) + "\n")


if __name__ == "__main__":
    main()
