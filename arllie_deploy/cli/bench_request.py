"""What the user asked `arllie-bench` for."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from arllie_deploy.errors import ArllieError

DEFAULT_MODEL = "arllie-lol"
_ADB = "adb:"


@dataclass(frozen=True, kw_only=True)
class Request:
    """The options that decide what is measured; None is not given. A `device` of "adb:" is the only phone."""

    backends: Annotated[str, typer.Option(help="cpu, cuda, npu, dsp, comma-separated.")] = "cpu"
    model: Annotated[
        str, typer.Option(help="A shipped fixed model, a .safetensors file, or anybody's .onnx or .tflite file.")
    ] = DEFAULT_MODEL
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of the frames.")] = "1920x1080"
    threads: Annotated[int | None, typer.Option(min=1, max=1024, help="Of the engines; all cores if not given.")] = None
    full: Annotated[bool, typer.Option("--full", help="Every precision and number of threads of each engine.")] = False
    peers: Annotated[bool, typer.Option("--peers", help="Time networks of published shapes beside ours.")] = False
    sustained: Annotated[
        float | None,
        typer.Option(min=1, max=86400, help="Seconds of a constant load on each engine after the rounds."),
    ] = None
    device: Annotated[str | None, typer.Option(help="adb:SERIAL: time on this phone instead.")] = None
    devices: Annotated[Path | None, typer.Option(help="TOML file of devices to run at once.")] = None
    runner: Annotated[Path | None, typer.Option(help="Static program for the phone's processor.")] = None
    benchmark_model: Annotated[Path | None, typer.Option(help="TFLite's benchmark_model for the phone.")] = None
    hexagon_libraries: Annotated[
        Path | None, typer.Option(help="Folder of the Hexagon delegate's libraries for the phone.")
    ] = None
    qnn_sdk: Annotated[
        Path | None, typer.Option(help="Folder of Qualcomm's AI Runtime SDK, for the phone's HTP (dsp).")
    ] = None

    @property
    def foreign(self) -> Path | None:
        """The file of somebody else that `model` names; None where it names one of ours."""
        from arllie_deploy.bench.peers.inspection import SUFFIXES

        path = Path(self.model)
        return path if path.suffix in SUFFIXES else None

    @property
    def serial(self) -> str | None:
        """Of the phone; None for the only one.

        Raises:
            ArllieError: if `device` names no phone.
        """
        if self.device is None or not self.device.startswith(_ADB):
            raise ArllieError(f"--device {self.device!r} names no phone; write adb:SERIAL, as adb devices lists it")
        return self.device.removeprefix(_ADB) or None

    def options(self) -> list[str]:
        """The words without what says where it runs, where the files go and how the result is printed."""
        words = ["--backends", self.backends, "--model", self.model, "--size", self.size]
        words += ["--threads", str(self.threads)] if self.threads else []
        words += ["--full"] if self.full else []
        words += ["--peers"] if self.peers else []
        words += ["--sustained", f"{self.sustained:g}"] if self.sustained is not None else []
        files = {
            "--runner": self.runner,
            "--benchmark-model": self.benchmark_model,
            "--hexagon-libraries": self.hexagon_libraries,
            "--qnn-sdk": self.qnn_sdk,
        }
        return words + [word for name, path in files.items() if path is not None for word in (name, str(path))]

    def command(self) -> str:
        """The command that measures the same again."""
        words = ["arllie-bench", *self.options()]
        words += ["--device", self.device] if self.device is not None else []
        words += ["--devices", str(self.devices)] if self.devices is not None else []
        return shlex.join(words)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """The options that decide what becomes of the result."""

    compare: Annotated[Path | None, typer.Option(help="bench.json of an older run to compare with.")] = None
    fail_over: Annotated[str, typer.Option(help="By how much a ratio may be worse than in that run.")] = "5%"
    out: Annotated[Path, typer.Option(help="Folder for the reports; artifacts are looked for and made there too.")] = (
        Path("arllie-out")
    )
    json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False
