"""TFLite: NHWC of one fixed size, the flatbuffer written directly from the graph (docs/adr/0010)."""

from __future__ import annotations

from arllie_deploy.export.calibration import observe
from arllie_deploy.export.graph import build_graph
from arllie_deploy.export.metadata import metadata_text, tool_versions
from arllie_deploy.export.quantization import ActivationType, IntegerGraph, quantize
from arllie_deploy.export.request import Request, Written
from arllie_deploy.export.tflite_model import ModelBuilder
from arllie_deploy.export.tflite_nodes import FloatTranslation, IntegerTranslation

LAYOUT = "NHWC"
TOOLS = ("ai-edge-litert", "flatbuffers")
SCHEMA = "tflite 3"
# What TFLite's quantization specification has kernels for.
_ACTIVATIONS: dict[str, ActivationType] = {"int8": "int8", "int16x8": "int16"}


def write(request: Request) -> Written:
    """Write the artifact of a request."""
    builder = ModelBuilder()
    integers = integer_form(request) if request.precision in _ACTIVATIONS else None
    if integers is None:
        half = request.precision == "fp16"
        FloatTranslation(builder, request.size, half=half).translate(build_graph(request.enhancer))
    else:
        IntegerTranslation(builder, request.size).translate(integers)
    text = metadata_text(request, layout=LAYOUT, size=request.size, schema=SCHEMA, tools=tool_versions(TOOLS))
    data = builder.finish(["input"], ["output"], text)
    request.path.write_bytes(data)
    return Written(
        operators=operator_names(data),
        layout=LAYOUT,
        tools=tool_versions(TOOLS),
        scales={} if integers is None else integers.scales(),
    )


def integer_form(request: Request) -> IntegerGraph:
    """The graph of a request in the integers that its precision stands for in TFLite."""
    graph = build_graph(request.enhancer)
    observed = observe(graph, request.calibration, request.percentile)
    return quantize(graph, observed, _ACTIVATIONS[request.precision])


def operator_names(data: bytes) -> list[str]:
    """The operators of a file by their names in the schema, in order of execution."""
    from ai_edge_litert import schema_py_generated as schema

    names = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    return [names[codes[operator.opcodeIndex]] for operator in model.subgraphs[0].operators]
