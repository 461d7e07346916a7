"""ncnn through pnnx: `.param`, `.bin` and, because ncnn has no place for it inside, the description in `.json`.

Same input, same bytes. The files take every size that the network takes.
"""

from __future__ import annotations

import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.metadata import tool_versions
from arllie_deploy.export.networks.frames import Size
from arllie_deploy.export.networks.metadata import network_metadata
from arllie_deploy.export.networks.module import load_module
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.export.request import Written
from arllie_deploy.networks.network import Network, sha256_of

if TYPE_CHECKING:
    from torch import nn

_TOOLS = ("torch", "pnnx")


def write(request: NetworkRequest) -> Written:
    """Write the artifact of a request."""
    module, tools = load_module(request.network), tool_versions(_TOOLS)
    operators: list[str] = []
    for path, size in request.distinct_files.items():
        operators = convert(module, request.network, path, size, half=request.precision == "fp16")
        # 7767517 is the first line of every .param file.
        hashes = {suffix: sha256_of(path.with_suffix(suffix)) for suffix in (".param", ".bin")}
        text = network_metadata(request, layout="NCHW", size=size, schema="ncnn 7767517", tools=tools, files=hashes)
        path.with_suffix(".json").write_text(text + "\n")
    sidecars = [path.with_suffix(suffix).name for path in request.distinct_files for suffix in (".bin", ".json")]
    return Written(operators=operators, layout="NCHW", tools=tools, sidecars=sidecars)


def convert(module: nn.Module, network: Network, path: Path, size: Size | None, *, half: bool) -> list[str]:
    """Write `path` (.param) and its .bin for one size, or for every size where that is None; returns the layers' types.

    Args:
        module: in eval mode.
        network: of the module.
        path: of the .param file.
        size: (width, height).
        half: store the weights in half precision.
    """
    import pnnx
    import torch

    small, large = _trace_sizes(network, size)
    with tempfile.TemporaryDirectory(prefix="arllie-pnnx-") as scratch:
        # pnnx drops its own graphs, an ONNX file and Python scripts beside what it reads: they stay in here.
        traced = Path(scratch) / "network.pt"
        with warnings.catch_warnings():
            # torch calls its tracer deprecated; it is the only door into pnnx.
            warnings.simplefilter("ignore")
            sample = torch.zeros(1, network.channels, small[1], small[0])
            traced_module: Any = torch.jit.trace(module, sample, check_trace=False)  # type: ignore[no-untyped-call]
            traced_module.save(str(traced))
        shapes = [f"inputshape{key}=[1,{network.channels},{h},{w}]f32" for key, (w, h) in (("", small), ("2", large))]
        command = [pnnx.EXEC_PATH, traced.name, *(shapes[:1] if size else shapes), f"fp16={int(half)}"]
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
        param, weights = Path(scratch) / "network.ncnn.param", Path(scratch) / "network.ncnn.bin"
        if done.returncode != 0 or not param.is_file():
            print(done.stdout, done.stderr)  # noqa: T201 - the child's log
            raise ArllieError(f"pnnx could not convert {network.name} (exit status {done.returncode})")
        layers = [line.split()[0] for line in param.read_text().splitlines()[2:]]
        foreign = sorted({layer for layer in layers if "." in layer or "::" in layer})
        if foreign:
            raise ArllieError(f"ncnn has no layer for {', '.join(foreign)} of {network.name}")
        path.write_bytes(param.read_bytes())
        path.with_suffix(".bin").write_bytes(weights.read_bytes())
    return layers


def _trace_sizes(network: Network, size: Size | None) -> tuple[Size, Size]:
    """Two sizes that share no side, from which pnnx learns what is constant and what follows from the size."""
    if size is not None:
        return size, size
    sides = [network.aligned(64) + step * network.alignment for step in range(4)]
    return (sides[0], sides[1]), (sides[2], sides[3])
