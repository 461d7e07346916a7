"""The table of runtimes: one row and one file each; listing them imports no engine."""

from arllie_deploy.runtimes import litert, ncnn, numpy, onnxruntime, openvino, qnn, torch
from arllie_deploy.runtimes.base import Availability, OpenedModel, Runtime, Source

RUNTIMES = {
    row.name: row for row in (onnxruntime.ROW, litert.ROW, ncnn.ROW, openvino.ROW, qnn.ROW, torch.ROW, numpy.ROW)
}

__all__ = ["RUNTIMES", "Availability", "OpenedModel", "Runtime", "Source"]
