"""The CUDA kernel compiled by NVRTC, NVIDIA's compiler as a library: to a cubin or to PTX, with or without a GPU.

Functions and options: NVRTC's documentation, "User Interface" and "Supported Compile Options".
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Sequence
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_void_p, create_string_buffer
from ctypes.util import find_library
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from arllie_deploy.errors import ArllieError, UnavailableError

ENTRY = "arllie_enhance_frames"
LEAST_CAPABILITY = 80
# As in arllie.h.
EPILOGUE_IDS = {"plain": 0, "residual": 1, "direct": 2, "curve": 3}
_SOURCES = Path(__file__).parent / "source"
_KERNEL = _SOURCES / "cuda" / "arllie.cu"
_HEADERS = ("arllie.h", "cuda/device.cuh", "cuda/epilogue.cuh", "cuda/frames.cuh", "cuda/weights.cuh")
# NVRTC has no C library; these are the types that the headers above take from it.
_SYSTEM_HEADERS = {
    "stddef.h": "typedef decltype(sizeof(0)) size_t; typedef decltype((char *)0 - (char *)0) ptrdiff_t;",
    "stdint.h": "typedef signed char int8_t; typedef unsigned char uint8_t; typedef short int16_t;"
    "typedef unsigned short uint16_t; typedef int int32_t; typedef unsigned uint32_t;"
    "typedef long long int64_t; typedef unsigned long long uint64_t;",
}
_MISSING = (
    "NVRTC, NVIDIA's run-time compiler, is not installed: pip install nvidia-cuda-nvrtc, "
    "or a CUDA toolkit whose libraries the loader finds"
)


@dataclass(frozen=True)
class Compiled:
    """The kernel for one epilogue.

    Attributes:
        architecture: such as "sm_90" (a cubin) or "compute_80" (PTX).
        code: a cubin, or PTX as text that ends with a zero byte: what cuModuleLoadData takes.
        registers: of a thread; None for PTX.
        spilled_bytes: of a thread, stored and loaded; None for PTX.
    """

    architecture: str
    code: bytes
    registers: int | None
    spilled_bytes: int | None


def compile_kernel(epilogue: str, architecture: str, data: str = "") -> Compiled:
    """Compile for one epilogue.

    Args:
        epilogue: a name of `EPILOGUE_IDS`.
        architecture: "sm_80" and so on for a cubin, "compute_80" and so on for PTX.
        data: C++ that is compiled after the kernel, for data that belongs into the module.

    Raises:
        UnavailableError: without NVRTC.
        ArllieError: if NVRTC refuses the architecture; with its words.
    """
    nvrtc = _nvrtc()
    program = c_void_p()
    texts = _SYSTEM_HEADERS | {Path(name).name: (_SOURCES / name).read_text() for name in _HEADERS}
    source, count = _KERNEL.read_bytes() + data.encode(), len(texts)
    bodies = (c_char_p * count)(*(text.encode() for text in texts.values()))
    names = (c_char_p * count)(*(name.encode() for name in texts))
    _check(nvrtc, nvrtc.nvrtcCreateProgram(byref(program), source, b"arllie.cu", count, bodies, names))
    try:
        options = (
            f"--gpu-architecture={architecture}",
            f"--define-macro=ARLLIE_EPILOGUE={EPILOGUE_IDS[epilogue]}",
            "--std=c++17",
            "--device-as-default-execution-space",  # arllie.h also declares the CPU's functions
            "--ptxas-options=-v",
        )
        status = nvrtc.nvrtcCompileProgram(program, len(options), _strings(options))
        log = _taken(nvrtc, program, "ProgramLog").decode(errors="replace").rstrip("\0")
        if status:
            raise ArllieError(f"NVRTC does not compile the kernel for {architecture}: {' '.join(log.split())[:300]}")
        if architecture.startswith("compute_"):
            return Compiled(architecture, _taken(nvrtc, program, "PTX"), None, None)
        return Compiled(architecture, _taken(nvrtc, program, "CUBIN"), *_resources(log))
    finally:
        nvrtc.nvrtcDestroyProgram(byref(program))


def architecture_for(capability: int, supported: Sequence[int]) -> str:
    """What to compile for a device: its own code, or else PTX of the newest before it, which the driver translates.

    Args:
        capability: of the device, 10 · major + minor.
        supported: what the compiler knows, likewise.

    Raises:
        UnavailableError: for a device before sm_80, or one that is older than all the compiler knows.
    """
    if capability < LEAST_CAPABILITY:
        raise UnavailableError(
            f"this GPU is sm_{capability}; the kernel needs sm_{LEAST_CAPABILITY} or later: use --runtime onnxruntime"
        )
    if capability in supported:
        return f"sm_{capability}"
    older = [known for known in supported if LEAST_CAPABILITY <= known < capability]
    if not older:
        raise UnavailableError(
            f"this NVRTC has no code for sm_{capability}: install an older one, pip install nvidia-cuda-nvrtc-cu12"
        )
    return f"compute_{max(older)}"


def supported_capabilities() -> tuple[int, ...]:
    """What NVRTC compiles for, 10 · major + minor; raises `UnavailableError` without NVRTC."""
    nvrtc, count = _nvrtc(), c_int()
    _check(nvrtc, nvrtc.nvrtcGetNumSupportedArchs(byref(count)))
    found = (c_int * count.value)()
    _check(nvrtc, nvrtc.nvrtcGetSupportedArchs(found))
    return tuple(found)


def nvrtc_absence() -> str | None:
    """Why no NVRTC is here, None if there is one; loads nothing."""
    return None if _candidates() else _MISSING


def nvrtc_version() -> str:
    """Major and minor; raises `UnavailableError` without NVRTC."""
    nvrtc, major, minor = _nvrtc(), c_int(), c_int()
    _check(nvrtc, nvrtc.nvrtcVersion(byref(major), byref(minor)))
    return f"{major.value}.{minor.value}"


def nvrtc_problem() -> str | None:
    """Why the kernel cannot be compiled here; None if it can."""
    try:
        _nvrtc()
    except UnavailableError as error:
        return str(error)
    return None


@cache
def _nvrtc() -> Any:
    for path in _candidates():
        try:
            library = ctypes.CDLL(path)
        except OSError:
            continue
        library.nvrtcGetErrorString.restype = c_char_p
        library.nvrtcCreateProgram.argtypes = [
            POINTER(c_void_p), c_char_p, c_char_p, c_int, c_void_p, c_void_p
        ]  # fmt: skip
        library.nvrtcCompileProgram.argtypes = [c_void_p, c_int, c_void_p]
        return library
    raise UnavailableError(_MISSING)


def _candidates() -> list[str]:
    """NVIDIA's wheels first (nvidia/cu13/lib, nvidia/cuda_nvrtc/lib), then the loader's path."""
    spec = find_spec("nvidia")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
    pattern = re.compile(r"libnvrtc\.so\.\d+|nvrtc64_\d+_0\.dll")
    in_wheels = [
        str(path) for folder in folders for path in sorted(folder.glob("*/*/*nvrtc*")) if pattern.fullmatch(path.name)
    ]
    on_path = find_library("nvrtc")
    return [*in_wheels, *([on_path] if on_path else [])]


def _resources(log: str) -> tuple[int, int]:
    registers = re.search(r"Used (\d+) registers", log)
    spilled = re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", log)
    if registers is None or spilled is None:
        raise ArllieError(f"NVRTC's log names no registers and spills: {' '.join(log.split())[:200]}")
    return int(registers[1]), int(spilled[1]) + int(spilled[2])


def _strings(values: Sequence[str]) -> Any:
    return (c_char_p * len(values))(*(value.encode() for value in values))


def _taken(nvrtc: Any, program: c_void_p, what: str) -> bytes:
    size = c_size_t()
    _check(nvrtc, getattr(nvrtc, f"nvrtcGet{what}Size")(program, byref(size)))
    buffer = create_string_buffer(size.value)
    _check(nvrtc, getattr(nvrtc, f"nvrtcGet{what}")(program, buffer))
    return buffer.raw


def _check(nvrtc: Any, status: int) -> None:
    if status:
        raise ArllieError(f"NVRTC: {nvrtc.nvrtcGetErrorString(status).decode()}")
