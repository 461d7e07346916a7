"""Relations between the tensors of one operator that a delegate's list may ask for by name."""

import math
from collections.abc import Callable

from arllie_deploy.export.delegates.tflite_file import Node, Tensor

_LARGEST_WINDOW = 256


def _same_quantization(node: Node) -> str | None:
    first = _present(node.inputs)[0]
    for output in _present(node.outputs):
        if (output.scales, output.zero_points) != (first.scales, first.zero_points):
            return f"its output has {_quantization(output)}, its input {_quantization(first)}; they must be the same"
    return None


def _scale_above_product(node: Node) -> str | None:
    tensors = (*_present(node.inputs)[:2], _present(node.outputs)[0])
    left, right, output = (max(tensor.scales, default=0.0) for tensor in tensors)
    if output > left * right:
        return None
    return f"its output's scale {output:.6g} is not above the product {left * right:.6g} of its inputs' scales"


def _equal_ranks_or_scalar(node: Node) -> str | None:
    ranks = [len(tensor.shape) for tensor in _present(node.inputs)]
    if len(set(ranks)) == 1 or min(ranks) <= 1:
        return None
    return f"its inputs have ranks {' and '.join(map(str, ranks))}"


def _small_window(node: Node) -> str | None:
    window = math.prod(node.options.get(name, 1) for name in ("filter_height", "filter_width"))
    return None if window <= _LARGEST_WINDOW else f"its window holds {window} values, at most {_LARGEST_WINDOW} may be"


RELATIONS: dict[str, Callable[[Node], str | None]] = {
    "same quantization": _same_quantization,
    "scale above product": _scale_above_product,
    "equal ranks or scalar": _equal_ranks_or_scalar,
    "small window": _small_window,
}
"""Name -> what is wrong with an operator, None if nothing is."""


def _present(tensors: tuple[Tensor | None, ...]) -> list[Tensor]:
    return [tensor for tensor in tensors if tensor is not None]


def _quantization(tensor: Tensor) -> str:
    return f"scale {', '.join(f'{scale:.6g}' for scale in tensor.scales)} and zero point {tensor.zero_points}"
