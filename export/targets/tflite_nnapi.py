"""`tflite-nnapi`: NPUs behind Android's Neural Networks API, deprecated since Android 15."""

from arllie_deploy.export.targets.base import Target

ROW = Target(
    name="tflite-nnapi",
    format="tflite",
    accelerator="nnapi",
    runtime="litert",
    proof="operators and types are in NNAPI's list, its API level in the manifest; executed by LiteRT on the CPU",
    backend="npu",
    precisions=("int8", "fp16"),
    suffix=".tflite",
    dynamic=False,
    module="arllie_deploy.export.tflite",
    needs=("ai_edge_litert",),
    extra="tflite",
    adaptive_precisions=("int8",),
    integer_forms=("plain",),
    delegate="nnapi",
)
