"""An adaptive model in the native library: its structures, and the calls of arllie_adaptive.h through ctypes."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import POINTER, Structure, byref, c_double, c_float, c_int32
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.conditioning import CURVE_OUTPUTS, Head
from arllie_deploy.errors import ArllieError
from arllie_deploy.native.library import FloatStruct, IntegerStruct, Library, StatisticsStruct
from arllie_deploy.statistics import COUNT

HEAD_VERSION = 1
_FLOATS = POINTER(c_float)
_Features = c_double * COUNT
# Field of the structure -> field of `Head`.
HEAD_FIELDS = {
    "mean": "mean",
    "deviation": "deviation",
    "hidden_weights": "hidden_weight",
    "hidden_bias": "hidden_bias",
    "output_weights": "output_weight",
    "output_bias": "output_bias",
}


class HeadStruct(Structure):
    """`struct arllie_head` of arllie_adaptive.h; its arrays must outlive it."""

    arrays: list[NDArray[np.float32]]
    _fields_ = (("version", c_int32), ("hidden", c_int32), *((name, _FLOATS) for name in HEAD_FIELDS))


class ClipStruct(Structure):
    """`struct arllie_clip`; a new one is before its first frame."""

    _fields_ = (("is_started", c_int32), ("reserved", c_int32), ("smoothed", _Features), ("last", _Features))


class ConditionedStruct(Structure):
    """`struct arllie_conditioned`."""

    _fields_ = (("real", FloatStruct), ("integer", IntegerStruct), ("fits", c_int32))

    @property
    def model(self) -> IntegerStruct | FloatStruct:
        """What enhances the frame."""
        model: IntegerStruct | FloatStruct = self.integer if self.fits else self.real
        return model


def check_has_curve(model: AdaptiveEnhancer) -> Head:
    """The model's head; raises `ArllieError` if it is not of the form that the C conditioning knows."""
    if model.epilogue != "curve" or model.head.output_bias.size != CURVE_OUTPUTS:
        raise ArllieError(f"{model.name} is {model.epilogue}; in C only adaptive models with a curve are conditioned")
    return model.head


def head_struct(model: AdaptiveEnhancer) -> HeadStruct:
    """The model's head, with its own arrays; raises `ArllieError` on another form than a curve."""
    head = check_has_curve(model)
    struct = HeadStruct(version=HEAD_VERSION, hidden=head.hidden_bias.size)
    struct.arrays = [np.ascontiguousarray(getattr(head, name)) for name in HEAD_FIELDS.values()]
    for field, array in zip(HEAD_FIELDS, struct.arrays, strict=True):
        setattr(struct, field, array.ctypes.data_as(_FLOATS))
    return struct


class AdaptiveLibrary:
    """The loaded library.

    Args:
        path: of a shared library with the functions of arllie_adaptive.h.
        head: of the model; the one inside the library otherwise.

    Raises:
        ArllieError: if the functions are not there; and as `Library` does.
    """

    def __init__(self, path: Path, head: HeadStruct | None = None) -> None:
        self.library = Library(path)
        # The same library again: the system loads a file once.
        self._calls = ctypes.CDLL(str(path))
        try:
            for name in ("features", "smooth", "condition_on", "curve_integers", "condition"):
                getattr(self._calls, f"arllie_{name}")
            self._head = head or self._inner_head()
        except AttributeError:
            raise ArllieError(f"{path}: not the library of an adaptive model") from None

    def features(self, statistics: StatisticsStruct) -> NDArray[np.float64]:
        """What `sample_statistics` of `arllie_deploy.statistics` gives, (23,)."""
        features = _Features()
        self._check(self._calls.arllie_features, byref(statistics), features)
        return np.array(features)

    def smooth(self, clip: ClipStruct, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """What `Smoother` gives for the next frame of the clip, (23,)."""
        self._check(self._calls.arllie_smooth, byref(clip), _Features(*features))
        return np.array(clip.smoothed)

    def condition_on(self, features: NDArray[np.float64]) -> FloatStruct:
        """What `AdaptiveEnhancer.condition` gives, in float32."""
        model = FloatStruct()
        self._check(self._calls.arllie_condition_on, byref(self._head), _Features(*features), byref(model))
        return model

    def integers(self, model: FloatStruct) -> IntegerStruct:
        """The integer form of a model with a curve; raises `ArllieError` if it has none."""
        integers = IntegerStruct()
        self._check(self._calls.arllie_curve_integers, byref(model), byref(integers))
        return integers

    def condition(self, statistics: StatisticsStruct, clip: ClipStruct | None = None) -> ConditionedStruct:
        """All steps: the model for a picture, or for the next frame of a clip."""
        model = ConditionedStruct()
        memory = None if clip is None else byref(clip)
        self._check(self._calls.arllie_condition, byref(self._head), byref(statistics), memory, byref(model))
        return model

    def enhance(self, frame: NDArray[np.uint8], *, threads: int = 1) -> NDArray[np.uint8]:
        """One picture (height, width, 3), conditioned on itself."""
        return self.library.enhance(self.condition(self.library.look(frame)).model, frame, threads=threads)

    def _inner_head(self) -> HeadStruct:
        self._calls.arllie_artifact_head.restype = POINTER(HeadStruct)
        head: HeadStruct = self._calls.arllie_artifact_head().contents
        return head

    def _check(self, call: Callable[..., int], *arguments: object) -> None:
        error = call(*arguments)
        if error:
            raise ArllieError(f"native kernel: {self.library.error_text(error)}")
