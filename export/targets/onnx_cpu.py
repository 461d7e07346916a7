"""`onnx-cpu`: onnxruntime on a processor."""

from arllie_deploy.export.targets.base import Target

ROW = Target(
    name="onnx-cpu",
    format="onnx",
    accelerator="cpu",
    runtime="onnxruntime",
    proof="executed by onnxruntime's CPU provider",
    backend="cpu",
    precisions=("fp32", "fp16", "int8", "int16x8"),
    suffix=".onnx",
    dynamic=True,
    module="arllie_deploy.export.onnx",
    needs=("onnx", "onnxsim"),
    extra="export",
    adaptive_precisions=("fp32",),
    constant_filters=False,
)
