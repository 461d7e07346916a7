"""The same one-layer networks through TensorFlow's own converter: the independent judge of what we write directly."""

import os
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def convert(enhancer: Enhancer, frames: Sequence[NDArray[np.uint8]], precision: str) -> bytes:
    """A .tflite of a `plain` or `direct` model for frames of their size, calibrated on them."""
    import tensorflow as tf

    height, width = frames[0].shape[:2]
    sign = np.float32(-1.0 if enhancer.row.negate_convolution else 1.0)
    kernel = tf.constant(sign * enhancer.kernel.transpose(2, 3, 1, 0))
    bias = tf.constant(sign * enhancer.bias)

    def network(y: Any) -> Any:
        u = tf.nn.bias_add(tf.nn.conv2d(y, kernel, 1, "SAME"), bias)
        if enhancer.epilogue == "plain":
            return {"output": tf.minimum(tf.maximum(u, 0.0), 1.0)}
        gain = tf.minimum(tf.exp(u) + 1.0, 1.0 / enhancer.constants["epsilon"])
        return {"output": tf.minimum(y * gain, 1.0)}

    signature = [tf.TensorSpec([1, height, width, 3], tf.float32, name="input")]
    function = tf.function(network, input_signature=signature, autograph=False)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
    if precision != "fp32":
        sets, integer = tf.lite.OpsSet, {"int8": tf.int8, "int16x8": tf.int16}[precision]
        wide = sets.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([frame[None].astype(np.float32) / 255] for frame in frames)
        converter.target_spec.supported_ops = [sets.TFLITE_BUILTINS_INT8 if precision == "int8" else wide]
        converter.inference_input_type = converter.inference_output_type = integer
    with warnings.catch_warnings():
        # Given with a calibration data set, which is the documented way: the converter warns all the same.
        warnings.filterwarnings("ignore", "Statistics for quantized inputs were expected")
        data: bytes = converter.convert()
    return data


def run(data: bytes, frame: NDArray[np.uint8]) -> NDArray[np.float64]:
    """What the file makes of a frame, in [0, 1]."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=data)
    interpreter.allocate_tensors()
    [source], [result] = interpreter.get_input_details(), interpreter.get_output_details()
    values = frame[None].astype(np.float64) / 255
    if source["dtype"] is not np.float32:
        scale, zero_point = source["quantization"]
        limits = np.iinfo(source["dtype"])
        values = (np.rint(values / scale) + zero_point).clip(limits.min, limits.max)
    interpreter.set_tensor(source["index"], values.astype(source["dtype"]))
    interpreter.invoke()
    output = interpreter.get_tensor(result["index"])[0].astype(np.float64)
    scale, zero_point = result["quantization"]
    return (output - zero_point) * scale if scale else output
