"""The table of runtimes: one row and one file each; listing them imports no engine."""

from arllie_deploy.runtimes import (
    litert,
    native,
    native_arm64,
    native_hexagon,
    native_library,
    native_ptx,
    ncnn,
    numpy,
    onnxruntime,
    openvino,
    qnn,
    torch,
)
from arllie_deploy.runtimes.base import Availability, OpenedModel, Runtime, Source

RUNTIMES = {
    row.name: row
    for row in (
        native.ROW,
        onnxruntime.ROW,
        litert.ROW,
        ncnn.ROW,
        openvino.ROW,
        qnn.ROW,
        native_library.ROW,
        native_arm64.ROW,
        native_hexagon.ROW,
        native_ptx.ROW,
        torch.ROW,
        numpy.ROW,
    )
}

__all__ = ["RUNTIMES", "Availability", "OpenedModel", "Runtime", "Source"]
