"""ONNX for Qualcomm's HTP: NCHW of one fixed size, in integers, and a compiled context per generation of the HTP.

A context is an .onnx of one node, which any onnxruntime with the QNN provider opens, and a .bin that it refers to.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.calibration import observe
from arllie_deploy.export.graph import build_graph
from arllie_deploy.export.metadata import metadata_text, tool_versions
from arllie_deploy.export.onnx import to_integer_model
from arllie_deploy.export.quantization import ActivationType, quantize
from arllie_deploy.export.request import Request, Written

if TYPE_CHECKING:
    from onnx import AttributeProto, ModelProto

HTP_ARCHS = (68, 69, 73, 75, 79, 81)
_LAYOUT = "NCHW"
_TOOLS = ("onnx", "onnxruntime", "onnxruntime-qnn")
# The HTP's own activations are unsigned.
_ACTIVATIONS: dict[str, ActivationType] = {"int8": "uint8", "int16x8": "uint16"}


def write(request: Request) -> Written:
    """Write the artifact of a request."""
    graph = build_graph(request.enhancer)
    observed = observe(graph, request.calibration, request.percentile)
    integers = quantize(graph, observed, _ACTIVATIONS[request.precision])
    model = of_size(to_integer_model(integers), request.size)
    text = metadata_text(
        request,
        layout=_LAYOUT,
        size=request.size,
        schema=f"opset {model.opset_import[0].version}",
        tools=tool_versions(_TOOLS),
    )
    store(model, text, request.path)
    contexts = [compile_context(request.path, arch, text) for arch in HTP_ARCHS]
    return Written(
        operators=[node.op_type for node in model.graph.node],
        layout=_LAYOUT,
        tools=tool_versions(_TOOLS),
        sidecars=[path.name for pair in contexts for path in pair],
        scales=integers.scales(),
        facts={"htp_archs": list(HTP_ARCHS)},
    )


def of_size(model: ModelProto, size: tuple[int, int]) -> ModelProto:
    """Fix the height and width of a model's input and output; `size` is (width, height)."""
    for value in (*model.graph.input, *model.graph.output):
        for dimension, length in zip(value.type.tensor_type.shape.dim[2:], reversed(size), strict=True):
            dimension.dim_value = length
    return model


def context_path(main: Path, arch: int) -> Path:
    """The context of one generation beside the main file; its binary has the suffix .bin."""
    return main.with_name(f"{main.stem}-v{arch}.onnx")


def compile_context(main: Path, arch: int, text: str) -> tuple[Path, Path]:
    """Write the context of one generation, described by `text`, and its binary, and give their places.

    Raises:
        ArllieError: if QNN refuses the model.
    """
    import onnx

    context = context_path(main, arch)
    binary = context.with_suffix(".bin")
    # Beside the main file: whoever stops this process clears that folder.
    with tempfile.TemporaryDirectory(prefix=".arllie-", dir=main.parent) as scratch:
        made = Path(scratch).resolve() / "context.onnx"
        # A process of its own: QNN numbers what it compiles, and the numbers are in the binary.
        step = [sys.executable, "-P", "-m", "arllie_deploy.export.qnn_step", str(main.resolve()), str(made), str(arch)]
        done = subprocess.run(step, cwd=scratch, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ArllieError(f"QNN cannot compile {main.name} for v{arch}: {_reason(done)}")
        model = onnx.load(made, load_external_data=False)
        reference = _binary_reference(model)
        binary.write_bytes(made.with_name(reference.s.decode()).read_bytes())
        reference.s = binary.name.encode()
        store(model, text, context)
    return context, binary


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode < 0:
        return f"its compiler crashed with {signal.Signals(-done.returncode).name}"
    last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "no reason given")
    return last.removeprefix("RuntimeError: ")


def _binary_reference(model: ModelProto) -> AttributeProto:
    [node] = model.graph.node
    found: AttributeProto = next(attribute for attribute in node.attribute if attribute.name == "ep_cache_context")
    return found


def store(model: ModelProto, text: str, path: Path) -> None:
    """Write a model, described by `text`; the same model gives the same bytes."""
    entry = model.metadata_props.add()
    entry.key, entry.value = "arllie", text
    path.write_bytes(model.SerializeToString(deterministic=True))
