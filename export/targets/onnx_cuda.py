"""`onnx-cuda`: onnxruntime on an NVIDIA GPU."""

from dataclasses import replace

from arllie_deploy.export.targets import onnx_cpu

ROW = replace(
    onnx_cpu.ROW,
    name="onnx-cuda",
    accelerator="cuda",
    proof="executed by onnxruntime: its CUDA provider where there is one, else its CPU provider",
    backend="cuda",
)
