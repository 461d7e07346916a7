"""A model as the structures that the library takes."""

from __future__ import annotations

import numpy as np

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.native.integer import IntegerModel, quantize
from arllie_deploy.native.library import EPILOGUE_IDS, MODEL_VERSION, FloatStruct, IntegerStruct

# As in source/model.c: far from the end of float32.
_LARGEST_MAGNITUDE = 1e6
# A smaller constant of an epilogue changes no byte, and float32 could make it 0.
_SMALLEST_CONSTANT = 2.0**-100


def integer_struct(enhancer: Enhancer) -> IntegerStruct:
    """The model in integers; raises `ArllieError` as `quantize` does."""
    return model_struct(quantize(enhancer))


def model_struct(model: IntegerModel) -> IntegerStruct:
    """A model that is in integers already."""
    struct = IntegerStruct(
        version=MODEL_VERSION, epilogue=EPILOGUE_IDS[model.epilogue], shift=model.shift, floor=model.limit
    )
    struct.bias[:] = model.bias.tolist()
    struct.weights[:] = model.kernel.ravel().tolist()
    if model.curve is not None:
        struct.curve_shift, struct.curve_whole = model.curve.shift, model.curve.whole
        struct.curve_fraction, struct.curve_offset = model.curve.fraction, model.curve.offset
    return struct


def float_struct(enhancer: Enhancer) -> FloatStruct:
    """The model in float32: its kernel as [output][row][column][input].

    Raises:
        ArllieError: if its weights are too large for float32 sums.
    """
    magnitude = sum(float(np.abs(part).sum(dtype=np.float64)) for part in (enhancer.kernel, enhancer.bias))
    if magnitude >= _LARGEST_MAGNITUDE:
        raise ArllieError(
            f"{enhancer.name}: its weights add up to {magnitude:.3g}, the native kernel takes less than "
            f"{_LARGEST_MAGNITUDE:g}; use --runtime onnxruntime"
        )
    struct = FloatStruct(version=MODEL_VERSION, epilogue=EPILOGUE_IDS[enhancer.epilogue])
    struct.bias[:] = [float(value) for value in enhancer.bias]
    struct.weights[:] = [float(value) for value in np.moveaxis(enhancer.kernel, 1, 3).ravel()]
    for name, value in enhancer.constants.items():
        setattr(struct, name, max(value, _SMALLEST_CONSTANT))
    return struct
