"""One pass of a network over an example: which layers are called in what order, with what sizes, and what they feed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from arllie_deploy.errors import ArllieError

#: What counts as a convolution; the report has a row for each.
CONVOLUTIONS = (
    nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d
)  # fmt: skip
_SHUFFLES = (functional.pixel_shuffle, torch.pixel_shuffle)
_ACTIVATIONS = (
    functional.relu, torch.relu, torch.relu_, functional.relu6, functional.hardtanh, functional.leaky_relu,
    functional.prelu, torch.prelu, functional.elu, functional.gelu, functional.silu, torch.sigmoid, torch.tanh,
)  # fmt: skip


@dataclass
class Call:
    """What a layer was called with.

    Attributes:
        inputs: (width, height) of what it is given, in the order of its calls.
        outputs: the same of what it gives.
        macs: multiply-accumulates of all its calls.
    """

    inputs: list[tuple[int, ...]] = field(default_factory=list)
    outputs: list[tuple[int, ...]] = field(default_factory=list)
    macs: int = 0


@dataclass(frozen=True)
class Shuffled:
    """A convolution whose output becomes pixels.

    Attributes:
        factor: of the sides.
        module: name of the `nn.PixelShuffle`; None where it is a call of a function.
        plain: nothing but activations lies between, and nothing else is made of the convolution's output.
    """

    factor: int
    module: str | None
    plain: bool


@dataclass
class Trace:
    """What one pass shows.

    Attributes:
        calls: layer -> its calls, in the order of the first ones.
        shuffled: convolution -> what makes pixels of its output.
        mixed: pixel shuffles that are also given what no convolution made.
        output: shapes of everything that the network gives.
        macs: multiply-accumulates of convolutions and matrix products of the whole pass.
    """

    calls: dict[str, Call] = field(default_factory=dict)
    shuffled: dict[str, Shuffled] = field(default_factory=dict)
    mixed: set[str | None] = field(default_factory=set)
    output: list[tuple[int, ...]] = field(default_factory=list)
    macs: int = 0

    def macs_within(self, name: str) -> int:
        """Of a layer and of all layers in it."""
        inside = f"{name}." if name else ""
        return sum(call.macs for part, call in self.calls.items() if part == name or part.startswith(inside))


class _Flow(TorchFunctionMode):
    """Follows the outputs of convolutions to pixel shuffles, by a mark on the tensors."""

    def __init__(self, trace: Trace) -> None:
        super().__init__()
        self.trace = trace
        self.shuffle: str | None = None
        self.elsewhere: set[str] = set()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = kwargs or {}
        result = func(*args, **given)
        if not isinstance(result, Tensor):
            return result
        tensors = [value for value in tree_leaves((args, given)) if isinstance(value, Tensor)]
        if func in _SHUFFLES:
            self._shuffled(tensors[0], result)
            return result
        for value in tensors:
            if (mark := getattr(value, "made_by", None)) is not None:
                self._used(mark, value, result, func in _ACTIVATIONS and _one_slope(tensors))
        return result

    def _shuffled(self, given: Tensor, result: Tensor) -> None:
        mark = getattr(given, "made_by", None)
        if mark is None:
            self.trace.mixed.add(self.shuffle)
            return
        name, plain = mark
        if name in self.trace.shuffled:  # by two shuffles, or called twice
            self.elsewhere.update({name} if self.trace.shuffled[name].module != self.shuffle else ())
        self.trace.shuffled[name] = Shuffled(result.shape[-1] // given.shape[-1], self.shuffle, plain)

    def _used(self, mark: tuple[str, bool], value: Tensor, result: Tensor, activation: bool) -> None:
        name, plain = mark
        if result.shape == value.shape:
            result.made_by = (name, plain and activation)  # type: ignore[attr-defined]  # a mark of ours
        else:
            self.elsewhere.add(name)


def trace(network: nn.Module, example: Tensor) -> Trace:
    """Run a copy of the network in evaluation mode, on shapes alone where it does not look at values.

    Args:
        network: left as it is.
        example: (1, channels, H, W).

    Raises:
        ArllieError: if it does not run on the example.
    """
    try:
        return _traced(deepcopy(network).to("meta"), example.to("meta"))
    except Exception:  # whatever an operator says where it has no values to look at
        try:
            return _traced(deepcopy(network), example)
        except (RuntimeError, ValueError, TypeError, IndexError, AttributeError) as error:
            what = "×".join(str(size) for size in example.shape[1:])
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise ArllieError(f"the network does not run on an example of {what}: {reason}") from None


def _traced(network: nn.Module, example: Tensor) -> Trace:
    seen = Trace()
    flow = _Flow(seen)
    network.eval()
    with torch.no_grad(), _watched(network, seen, flow), FlopCounterMode(display=False) as counter, flow:
        result = network(example)
    seen.macs = counter.get_total_flops() // 2
    seen.output = [tuple(value.shape) for value in tree_leaves(result) if isinstance(value, Tensor)]
    for name in flow.elsewhere & seen.shuffled.keys():
        before = seen.shuffled[name]
        seen.shuffled[name] = Shuffled(before.factor, before.module, plain=False)
    return seen


@contextmanager
def _watched(network: nn.Module, seen: Trace, flow: _Flow) -> Iterator[None]:
    hooks = []
    for name, module in network.named_modules():
        if isinstance(module, CONVOLUTIONS):
            hooks.append(module.register_forward_hook(_recorder(name, seen)))
        elif isinstance(module, nn.PixelShuffle):
            hooks.append(module.register_forward_pre_hook(_pointer(flow, name)))
            hooks.append(module.register_forward_hook(_pointer(flow, None)))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _recorder(name: str, seen: Trace) -> Any:
    def record(module: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        call = seen.calls.setdefault(name, Call())
        call.inputs.append(tuple(reversed(inputs[0].shape[2:])))
        call.outputs.append(tuple(reversed(output.shape[2:])))
        products = inputs[0] if "Transpose" in type(module).__name__ else output
        call.macs += products.numel() * module.weight[0].numel()
        output.made_by = (name, True)  # type: ignore[attr-defined]  # as above

    return record


def _pointer(flow: _Flow, name: str | None) -> Any:
    def point(*_: object) -> None:
        flow.shuffle = name

    return point


def _one_slope(tensors: list[Tensor]) -> bool:
    """Whether an activation treats all channels alike: a PReLU may have a slope for each."""
    return all(value.numel() == 1 for value in tensors[1:])
