"""The table of targets: one row and one file each. Listing them imports no converter and no engine."""

from difflib import get_close_matches

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.targets import (
    ethos_u,
    native_arm64_android,
    native_arm64_linux,
    native_cuda,
    native_hexagon,
    native_x86_64,
    ncnn_cpu,
    ncnn_vulkan,
    onnx_cpu,
    onnx_cuda,
    openvino,
    qnn_htp,
    tflite_cpu,
    tflite_gpu,
    tflite_hexagon,
    tflite_nnapi,
)
from arllie_deploy.export.targets.base import INTEGER_PRECISIONS, Target

TARGETS = {
    row.name: row
    for row in (
        onnx_cpu.ROW,
        onnx_cuda.ROW,
        tflite_cpu.ROW,
        tflite_gpu.ROW,
        tflite_nnapi.ROW,
        tflite_hexagon.ROW,
        qnn_htp.ROW,
        ethos_u.ROW,
        ncnn_cpu.ROW,
        ncnn_vulkan.ROW,
        openvino.ROW,
        native_x86_64.ROW,
        native_arm64_linux.ROW,
        native_arm64_android.ROW,
        native_hexagon.ROW,
        native_cuda.ROW,
    )
}


def find_targets(names: str) -> list[Target]:
    """The rows of a comma-separated list, in its order; every row where `all` is in it.

    Raises:
        ArllieError: on an unknown or empty name, with the nearest known one.
    """
    wanted = list(dict.fromkeys(part.strip() for part in names.split(",")))
    rows = []
    for name in wanted:
        if name == "all":
            continue
        if name not in TARGETS:
            close = get_close_matches(name, [*TARGETS, "all"], n=1, cutoff=0.4)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(TARGETS)}, all"
            raise ArllieError(f"unknown target {name!r}; {hint}")
        rows.append(TARGETS[name])
    return list(TARGETS.values()) if "all" in wanted else rows


__all__ = ["INTEGER_PRECISIONS", "TARGETS", "Target", "find_targets"]
