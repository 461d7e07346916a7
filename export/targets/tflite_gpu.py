"""`tflite-gpu`: LiteRT's GPU delegate."""

from arllie_deploy.export.targets.base import Target

ROW = Target(
    name="tflite-gpu",
    format="tflite",
    accelerator="gpu",
    runtime="litert",
    proof="operators and types are in the GPU delegate's list; executed by LiteRT on the CPU, not on a GPU here",
    backend="gpu",
    precisions=("fp32", "fp16"),
    suffix=".tflite",
    dynamic=False,
    module="arllie_deploy.export.tflite",
    needs=("ai_edge_litert",),
    extra="tflite",
    adaptive_precisions=("fp32",),
    delegate="gpu",
)
