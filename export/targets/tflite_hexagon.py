"""`tflite-hexagon`: the Hexagon delegate, for the DSPs 680 to 690 of Snapdragon 820 to 855 and their time."""

from arllie_deploy.export.targets.base import Target

ROW = Target(
    name="tflite-hexagon",
    format="tflite",
    accelerator="hexagon",
    runtime="litert",
    proof="operators and types are in the Hexagon delegate's list; executed by LiteRT on the CPU",
    backend="dsp",
    precisions=("int8",),
    suffix=".tflite",
    dynamic=False,
    module="arllie_deploy.export.tflite",
    needs=("ai_edge_litert",),
    extra="tflite",
    adaptive_precisions=("int8",),
    integer_forms=("plain",),
    delegate="hexagon",
)
