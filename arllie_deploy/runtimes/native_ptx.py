"""The modules that `arllie-export --target native-cuda` wrote, loaded into the driver of an NVIDIA GPU.

The PTX, which the driver compiles, and the cubin of exactly this GPU, where there is one, must give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.native.cuda import CudaModel, LogisticStruct
from arllie_deploy.native.cuda_driver import Driver, driver_absence
from arllie_deploy.native.library import EPILOGUE_IDS, IntegerStruct
from arllie_deploy.runtimes.artifact import check_metadata
from arllie_deploy.runtimes.base import Source
from arllie_deploy.runtimes.native_cuda import OpenedOnGpu
from arllie_deploy.runtimes.native_frames import OpenedOnFrames, native_row

SUFFIX = ".ptx"
#: What a module holds besides the kernel.
MODEL, LOGISTIC, DESCRIPTION = "arllie_artifact_model", "arllie_artifact_logistic", "arllie_artifact_description"


def read_ptx(path: Path) -> CudaModel:
    """The model of an artifact, with the PTX as its code.

    Raises:
        ArllieError: if it is no PTX of ours, or one whose description this version cannot honor.
    """
    code = path.read_bytes()
    text = code.decode(errors="replace")
    try:
        described = _constant(text, DESCRIPTION).rstrip(b"\0").decode(errors="replace")
        integers = IntegerStruct.from_buffer_copy(_constant(text, MODEL))
        logistic = LogisticStruct.from_buffer_copy(_constant(text, LOGISTIC))
    except ValueError as error:
        raise ArllieError(f"{path}: not a module of arllie-export --target native-cuda: {error}") from None
    check_metadata(described, path, layout="NHWC")
    names = {number: name for name, number in EPILOGUE_IDS.items()}
    if integers.epilogue not in names:
        raise ArllieError(f"{path}: epilogue {integers.epilogue} is unknown; export it again")
    return CudaModel(integers, logistic, names[integers.epilogue], code + b"\0")


def _constant(text: str, name: str) -> bytes:
    """The bytes of a constant in PTX, which leaves zeros at the end out; raises ValueError."""
    found = re.search(rf"^\.const \.align \d+ \.b8 {name}\[(\d+)\](?: = \{{([\d, ]*)\}})?;$", text, flags=re.MULTILINE)
    if found is None:
        raise ValueError(f"it has no constant {name}")
    given = bytes(int(number) for number in (found[2] or "").split(",") if number.strip())
    return given.ljust(int(found[1]), b"\0")


def _open(source: Source, threads: int | None) -> OpenedOnFrames:
    if not isinstance(source, Path):
        raise ArllieError(f"runtime native-ptx opens {SUFFIX} files; make one with arllie-export --target native-cuda")
    path = source.resolve()
    model = read_ptx(path)
    driver = Driver()
    modules = {"PTX": OpenedOnGpu(driver, model)}
    cubin = path.with_name(f"{path.stem}-sm_{driver.capability}.cubin")
    if cubin.is_file():
        own = CudaModel(model.integers, model.logistic, model.epilogue, cubin.read_bytes())
        modules[f"sm_{driver.capability}"] = OpenedOnGpu(driver, own)
    executed_by = f"native kernel on CUDA: {driver.name}, {' and '.join(modules)}"
    return OpenedOnFrames(lambda frame: _run(modules, frame), 1, executed_by)


def _run(modules: Mapping[str, OpenedOnGpu], frame: NDArray[Any]) -> NDArray[Any]:
    results = {name: opened.run(frame) for name, opened in modules.items()}
    for name, result in results.items():
        if not np.array_equal(result, results["PTX"]):
            raise ArllieError(f"the module for {name} makes other bytes than the PTX")
    return results["PTX"]


ROW = native_row(name="native-ptx", opens=SUFFIX, opens_enhancer=False, open=_open, absence=driver_absence)
