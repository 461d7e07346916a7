"""A model as the structures that the library takes."""

from __future__ import annotations

import numpy as np

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.native.integer import IntegerModel, quantize
from arllie_deploy.native.library import EPILOGUE_IDS, MODEL_VERSION, FloatStruct, IntegerStruct


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
    """The model in float32: its kernel as [output][row][column][input]."""
    struct = FloatStruct(version=MODEL_VERSION, epilogue=EPILOGUE_IDS[enhancer.epilogue])
    struct.bias[:] = [float(value) for value in enhancer.bias]
    struct.weights[:] = [float(value) for value in np.moveaxis(enhancer.kernel, 1, 3).ravel()]
    for name, value in enhancer.constants.items():
        setattr(struct, name, value)
    return struct
