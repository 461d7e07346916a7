"""`onnx-cuda`: onnxruntime on an NVIDIA GPU."""

from arllie_deploy.export.targets.base import Target

ROW = Target(
    name="onnx-cuda",
    format="onnx",
    accelerator="cuda",
    runtime="onnxruntime",
    proof="executed by onnxruntime: its CUDA provider where there is one, else its CPU provider",
    backend="cuda",
    precisions=("fp32", "fp16", "int8", "int16x8"),
    suffix=".onnx",
    dynamic=True,
    module="arllie_deploy.export.onnx",
    needs=("onnx", "onnxsim"),
    extra="export",
    adaptive_precisions=("fp32",),
    constant_filters=False,
)
