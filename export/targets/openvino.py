"""`openvino`: OpenVINO on a processor."""

from arllie_deploy.export.targets.base import Target

ROW = Target(
    name="openvino",
    format="openvino",
    accelerator="cpu",
    runtime="openvino",
    proof="executed by OpenVINO's processor plug-in",
    backend="cpu",
    precisions=("fp32", "fp16", "int8"),
    suffix=".xml",
    dynamic=True,
    module="arllie_deploy.export.openvino",
    needs=("onnx", "openvino"),
    extra="openvino",
)
