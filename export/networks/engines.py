"""Opens an artifact of a network in the engine that runs it, as a function from tensor to tensor.

The runtimes (`arllie_deploy.runtimes`) run RGB frames of three channels; here a network may have any number of channels
in and out, integer artifacts are fed in their own numbers, and every engine takes and gives NCHW float32.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError

# Half-precision weights stay, the arithmetic is float32: every processor gives the same numbers. Winograd and GEMM have
# large workspaces: at 1080p a U-Net of 2 M parameters takes 5.9 and 15.1 GB with them, 4.0 GB without.
_NCNN_SHORTCUTS = (
    "use_fp16_packed",
    "use_fp16_storage",
    "use_fp16_arithmetic",
    "use_bf16_storage",
    "use_winograd_convolution",
    "use_sgemm_convolution",
)

# Suffix -> what computes here, whatever accelerator the artifact is made for.
_EXECUTED_BY = {
    ".onnx": "onnxruntime on the CPU",
    ".tflite": "LiteRT with XNNPACK",
    ".param": "ncnn on the CPU",
    ".xml": "OpenVINO on the CPU",
}
_HTP = "htp"
Tensor = NDArray[np.float32]
Run = Callable[[Tensor], Tensor]


def open_artifact(path: Path, accelerator: str = "cpu") -> tuple[Run, str | None]:
    """The artifact as a function, and the metadata text that it carries.

    Args:
        path: the main file.
        accelerator: of its target; "htp" has an emulator here, for every other one a processor computes.
    """
    return _open_htp(path) if accelerator == _HTP else _ENGINES[path.suffix](path)


def executed_by(path: Path, accelerator: str = "cpu") -> str:
    """For people: what runs an artifact here; arguments as for `open_artifact`."""
    return "Qualcomm HTP emulator (x86), never a device" if accelerator == _HTP else _EXECUTED_BY[path.suffix]


def _open_onnx(path: Path) -> tuple[Run, str | None]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _threads()
    options.log_severity_level = 3
    # Its arena grows by powers of two and keeps what it has: gigabytes at 1080p.
    options.enable_cpu_mem_arena = False
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def run(tensor: Tensor) -> Tensor:
        result: Tensor = session.run(None, {name: tensor})[0]
        return result

    return run, session.get_modelmeta().custom_metadata_map.get("arllie")


def _open_htp(path: Path) -> tuple[Run, str | None]:
    from arllie_deploy.runtimes.qnn import open_session

    session = open_session(str(path), {})

    def run(tensor: Tensor) -> Tensor:
        result: Tensor = session.run(None, {"input": tensor})[0]
        return result

    return run, session.get_modelmeta().custom_metadata_map.get("arllie")


def _open_tflite(path: Path) -> tuple[Run, str | None]:
    from ai_edge_litert.interpreter import Interpreter

    from arllie_deploy.runtimes.litert import read_metadata

    interpreter = Interpreter(str(path), num_threads=_threads())
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def run(tensor: Tensor) -> Tensor:
        interpreter.set_tensor(source["index"], _to_numbers(np.moveaxis(tensor, 1, 3), source))
        interpreter.invoke()
        values = _to_values(interpreter.get_tensor(result["index"]), result)
        return np.ascontiguousarray(np.moveaxis(values, 3, 1))

    return run, read_metadata(path)


def _open_ncnn(path: Path) -> tuple[Run, str | None]:
    import ncnn

    net = ncnn.Net()
    # Before load_param: what the options say is decided while layers are created.
    for name in _NCNN_SHORTCUTS:
        setattr(net.opt, name, False)
    net.opt.num_threads = _threads()
    if net.load_param(str(path)) != 0 or net.load_model(str(path.with_suffix(".bin"))) != 0:
        raise ArllieError(f"{path}: ncnn cannot open it")

    def run(tensor: Tensor) -> Tensor:
        with net.create_extractor() as extractor:
            extractor.input("in0", ncnn.Mat(np.ascontiguousarray(tensor[0])).clone())
            status, output = extractor.extract("out0")
            if status != 0:
                raise ArllieError(f"{path}: ncnn failed (status {status}; -100: out of memory)")
            return np.array(output)[None]

    side = path.with_suffix(".json")
    return run, side.read_text() if side.is_file() else None


def _open_openvino(path: Path) -> tuple[Run, str | None]:
    from arllie_deploy.runtimes.openvino import METADATA_KEY, import_openvino

    core = import_openvino().Core()
    model = core.read_model(path)
    text = model.get_rt_info([METADATA_KEY]).astype(str) if model.has_rt_info([METADATA_KEY]) else None
    # Without the hint OpenVINO computes in bfloat16 wherever the processor can.
    options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": _threads()}
    request = core.compile_model(model, "CPU", options).create_infer_request()

    def run(tensor: Tensor) -> Tensor:
        result: Tensor = request.infer({0: tensor})[0]
        return np.array(result)

    return run, text


def _to_numbers(values: NDArray[np.float32], tensor: dict[str, Any]) -> NDArray[Any]:
    if tensor["dtype"] == np.float32:
        return np.ascontiguousarray(values)
    scale, zero_point = tensor["quantization"]
    limits = np.iinfo(tensor["dtype"])
    numbers: NDArray[Any] = np.clip(np.rint(values / scale) + zero_point, limits.min, limits.max)
    return numbers.astype(tensor["dtype"])


def _to_values(numbers: NDArray[Any], tensor: dict[str, Any]) -> NDArray[np.float32]:
    if tensor["dtype"] == np.float32:
        return numbers
    scale, zero_point = tensor["quantization"]
    values: NDArray[np.float32] = (numbers.astype(np.float32) - np.float32(zero_point)) * np.float32(scale)
    return values


def _threads() -> int:
    return len(os.sched_getaffinity(0))


_ENGINES = {".onnx": _open_onnx, ".tflite": _open_tflite, ".param": _open_ncnn, ".xml": _open_openvino}
