"""`qnn-htp`: the Hexagon tensor processor (HTP) of Qualcomm's phones, v68 to v81."""

from arllie_deploy.export.targets.base import Target
from arllie_deploy.runtimes.qnn import problem

ROW = Target(
    name="qnn-htp",
    format="qnn",
    accelerator="htp",
    runtime="qnn",
    proof="executed as v68 by Qualcomm's HTP emulator (Qualcomm AI Stack License, never bundled); CPU fallback off",
    backend="npu",
    precisions=("int8", "int16x8"),
    suffix=".onnx",
    dynamic=False,
    module="arllie_deploy.export.qnn",
    needs=("onnx", "onnxruntime_qnn"),
    extra="qnn",
    emulated=True,
    problem=problem,
)
