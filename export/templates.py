"""The graph templates that let onnxruntime run any model without the onnx package: one per epilogue and frame type."""

from pathlib import Path
from typing import get_args

import numpy as np

from arllie_deploy.atomic import write_bytes
from arllie_deploy.enhancer import BIAS_SHAPE, KERNEL_SHAPE, Enhancer
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.export.graph import FrameType, build_graph
from arllie_deploy.export.onnx import template


def make_templates() -> dict[str, bytes]:
    """File name -> contents of every template."""
    made = {}
    for epilogue in EPILOGUES:
        kernel, bias = np.zeros(KERNEL_SHAPE, np.float32), np.zeros(BIAS_SHAPE, np.float32)
        enhancer = Enhancer("template", kernel, bias, epilogue)
        for frame_type in get_args(FrameType):
            made[f"{epilogue}-{frame_type}.onnx"] = template(build_graph(enhancer, frame_type))
    return made


def write_templates(folder: Path) -> None:
    """Write them all; a test compares the packaged ones with what this makes."""
    for name, data in make_templates().items():
        write_bytes(folder / name, data)
