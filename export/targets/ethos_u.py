"""`ethos-u`: Arm's Ethos-U55, U65 and U85."""

from arllie_deploy.export.targets.base import Target

ROW = Target(
    name="ethos-u",
    format="tflite",
    accelerator="ethos-u",
    runtime="litert",
    proof="Vela leaves no operator to the processor and stays within the SRAM; the strips are executed by LiteRT",
    backend="npu",
    precisions=("int8", "int16x8"),
    suffix=".tflite",
    dynamic=False,
    module="arllie_deploy.export.ethos_u",
    needs=("ai_edge_litert", "ethosu"),
    extra="ethos-u",
    emulated=True,
)
