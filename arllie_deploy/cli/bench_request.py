"""What the user asked `arllie-bench` for."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from arllie_deploy.errors import ArllieError

DEFAULT_MODEL = "arllie-lol"
_ADB = "adb:"


@dataclass(frozen=True, kw_only=True)
class Request:
    """The options that decide what is measured; None is not given.

    Attributes:
        backends: comma-separated words.
        model: a shipped model, a .safetensors file, or a file of somebody else to be timed beside ours.
        size: WIDTHxHEIGHT.
        threads: of the engines.
        full: every precision and number of threads of each engine.
        peers: networks of published shapes beside ours.
        sustained: seconds of a constant load on each engine.
        device: "adb:SERIAL", or "adb:" for the only phone.
        runner: a static program for a phone's processor.
        benchmark_model: TFLite's program for the phone.
        hexagon_libraries: folder of the Hexagon delegate's libraries.
        qnn_sdk: folder of Qualcomm's AI Runtime SDK.
    """

    backends: str = "cpu"
    model: str = DEFAULT_MODEL
    size: str = "1920x1080"
    threads: int | None = None
    full: bool = False
    peers: bool = False
    sustained: float | None = None
    device: str | None = None
    runner: Path | None = None
    benchmark_model: Path | None = None
    hexagon_libraries: Path | None = None
    qnn_sdk: Path | None = None

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

    def command(self, devices: Path | None = None) -> str:
        """The command that measures the same again.

        Args:
            devices: file of several devices, which takes the place of one.
        """
        words = ["arllie-bench", *self.options()]
        words += ["--device", self.device] if self.device is not None else []
        return shlex.join([*words, *(["--devices", str(devices)] if devices is not None else [])])
