"""Whether one tensor of an operator is one of the kinds that a delegate's list has in its place."""

from collections.abc import Iterator

from arllie_deploy.export.delegates.operator_list import Operand, Slot
from arllie_deploy.export.delegates.tflite_file import Tensor

_QUANTIZED = {"INT8": (-128, 127), "UINT8": (0, 255), "INT16": (-32768, 32767)}


def match(slot: Slot, tensor: Tensor | None) -> tuple[int, str | None]:
    """How much the tensor has in common with the kind that it is most like, and the first thing that differs."""
    if tensor is None:
        return (1, None) if slot.optional else (0, f"is missing, listed: {slot.describe()}")
    return max((_compare(kind, tensor) for kind in slot.kinds), key=lambda compared: compared[0])


def _compare(kind: Operand, tensor: Tensor) -> tuple[int, str | None]:
    common = 0
    for difference in _differences(kind, tensor):
        if difference is not None:
            return common, difference
        common += 1
    return common, None


def _differences(kind: Operand, tensor: Tensor) -> Iterator[str | None]:
    """For each attribute what differs, or None; always the same number of them."""
    listed = f"listed: {kind.describe()}"
    yield None if tensor.type == kind.type else f"is {tensor.describe()}, {listed}"
    yield None if tensor.axis == kind.axis else f"is {tensor.describe()}, {listed}"
    stored = "stored in the file" if tensor.constant else "computed"
    yield None if kind.constant in (None, tensor.constant) else f"is {stored}, {listed}"
    yield _unusable_quantization(tensor) if tensor.type in _QUANTIZED else None
    points, scales = tensor.zero_points, tensor.scales
    fits = kind.zero_point is None or set(points) <= {kind.zero_point}
    yield None if fits else f"has zero point {_list(points)}, listed: {kind.zero_point}"
    fits = kind.scale is None or set(scales) <= {kind.scale}
    yield None if fits else f"has scale {_list(scales)}, listed: {kind.scale:.6g}"
    ratio = min(scales) / max(scales) if len(scales) > 1 else 1.0
    fits = ratio >= kind.least_scale_ratio
    yield None if fits else f"has a scale that is {ratio:.2g} of its largest, the least is {kind.least_scale_ratio:.2g}"
    yield None if _has_shape(kind, tensor) else f"has shape {tensor.shape}, listed (least, most): {kind.shape}"


def _unusable_quantization(tensor: Tensor) -> str | None:
    low, high = _QUANTIZED[tensor.type]
    if min(tensor.scales, default=0.0) <= 0:
        return f"is {tensor.type} without a scale"
    if any(not low <= point <= high for point in tensor.zero_points):
        return f"has zero point {_list(tensor.zero_points)}, {tensor.type} holds {low} to {high}"
    return None


def _has_shape(kind: Operand, tensor: Tensor) -> bool:
    if not kind.shape:
        return True
    if len(kind.shape) != len(tensor.shape):
        return False
    return all(least <= extent <= most for extent, (least, most) in zip(tensor.shape, kind.shape, strict=True))


def _list(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.6g}" for value in sorted(set(values)))
