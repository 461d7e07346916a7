"""Writes the target `native-cuda`: PTX for GPUs from sm_80 on, cubins for sm_80 and sm_90, and what launches them."""

from __future__ import annotations

from typing import Any

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.metadata import tool_versions
from arllie_deploy.export.native.account import account, description
from arllie_deploy.export.native.companions import companion, write_common
from arllie_deploy.export.native.constants import header, model_name, string_literal
from arllie_deploy.export.native.cuda_constants import logistic_source
from arllie_deploy.export.request import Request, Written
from arllie_deploy.native.cuda import THREADS
from arllie_deploy.native.cuda_build import ENTRY, Compiled, compile_kernel, nvrtc_version
from arllie_deploy.runtimes.native_ptx import DESCRIPTION, LOGISTIC, MODEL

_PTX = "compute_80"
_CUBINS = ("sm_80", "sm_90")
# Of a multiprocessor of sm_80 and of sm_90, which one block has for itself (CUDA C++ Programming Guide, "Compute
# Capabilities").
_REGISTERS = 65536


def write(request: Request) -> Written:
    """Write the artifact of a request.

    Raises:
        ArllieError: if the compiler spills registers to memory, or a block does not fit a multiprocessor.
    """
    tools = tool_versions(()) | {"nvrtc": nvrtc_version()}
    files, data, facts = write_common(request), _data(request, tools), {}
    epilogue = request.enhancer.epilogue
    request.path.write_bytes(compile_kernel(epilogue, _PTX, data).code.rstrip(b"\0"))
    for architecture in _CUBINS:
        compiled = compile_kernel(epilogue, architecture, data)
        files.append(companion(request, f"-{architecture}.cubin"))
        files[-1].write_bytes(compiled.code)
        facts[architecture] = {"file": files[-1].name, **_resources(compiled)}
    return account(request, files, ENTRY, tools, {"cuda": facts})


def _data(request: Request, tools: dict[str, str]) -> str:
    """C++ that puts the model, by its header, and its description into a module."""
    name = model_name(request.enhancer)
    lines = [
        "",
        '#define static extern "C" __constant__',
        f"#define {name} {MODEL}",
        f"#define {name}_logistic {LOGISTIC}",
        header(request.enhancer),
        logistic_source(request.enhancer),
        "#undef static",
        f'extern "C" __constant__ const char {DESCRIPTION}[] =',
        f"           {string_literal(description(request, tools))};",
        "",
    ]
    return "\n".join(lines)


def _resources(compiled: Compiled) -> dict[str, Any]:
    if compiled.spilled_bytes or compiled.registers is None or compiled.registers * THREADS > _REGISTERS:
        raise ArllieError(
            f"{compiled.architecture}: NVRTC gives a thread {compiled.registers} registers and spills "
            f"{compiled.spilled_bytes} bytes; {_REGISTERS // THREADS} registers and none are what keeps it fast: "
            "pip install another nvidia-cuda-nvrtc"
        )
    return {"registers": compiled.registers, "spilled_bytes": compiled.spilled_bytes}
