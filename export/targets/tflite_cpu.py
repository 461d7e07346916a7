"""`tflite-cpu`: LiteRT on a processor."""

from arllie_deploy.export.targets.base import Target

ROW = Target(
    name="tflite-cpu",
    format="tflite",
    accelerator="cpu",
    runtime="litert",
    proof="executed by LiteRT: XNNPACK, for int16x8 the reference kernels",
    backend="cpu",
    precisions=("fp32", "fp16", "int8", "int16x8"),
    suffix=".tflite",
    dynamic=False,
    module="arllie_deploy.export.tflite",
    needs=("ai_edge_litert",),
    extra="tflite",
    adaptive_precisions=("fp32", "int8", "int16x8"),
)
