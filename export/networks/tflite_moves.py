"""Chains of TRANSPOSE and RESHAPE by the one operator that does the same.

litert-torch writes PixelShuffle, PixelUnshuffle and channel shuffles as up to seven moves of the whole tensor. What a
chain does is read from what it does to an array of indices, so the rewriting is exact whatever its form. PyTorch's
order of channels is not DEPTH_TO_SPACE's; the difference goes into the weights of a neighboring convolution if it can.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.export.networks.tflite_graph import TfliteGraph

_MOVES = ("TRANSPOSE", "RESHAPE")
# One value in, one value out: a permutation of channels passes through them.
_ELEMENTWISE = ("LEAKY_RELU", "RELU", "RELU6", "RELU_0_TO_1", "LOGISTIC", "TANH", "HARD_SWISH", "ABS", "EXP")
_BINARY = ("ADD", "SUB", "MUL", "DIV", "MINIMUM", "MAXIMUM")

_Indices = NDArray[np.int32]


def shorten_moves(model: bytes) -> bytes:
    """Replace every chain that amounts to a known operator; others stay as they are."""
    plain, lifted = TfliteGraph(model), TfliteGraph(model)
    _lift_moves(lifted)
    for graph in (plain, lifted):
        _shorten_chains(graph)
    # Lifting copies a move to each input of an operator; it is only worth it where the chain then disappears.
    return min(plain, lifted, key=_number_of_moves).to_bytes()


def _number_of_moves(graph: TfliteGraph) -> int:
    return sum(kind in (*_MOVES, "GATHER") for kind in graph.kinds())


def _shorten_chains(graph: TfliteGraph) -> None:
    permuted: dict[tuple[int, int, bytes], int] = {}
    for operator in list(graph.operators):
        result = int(operator.outputs[0])
        if graph.kind(operator) in _MOVES and _is_end(graph, result):
            _shorten(graph, result, permuted)
    graph.drop_unused()


def _lift_moves(graph: TfliteGraph) -> None:
    """Let moves trade places with operators of single values before them, so that they meet the moves before those."""
    lifted = True
    while lifted:
        lifted = False
        for move in [operator for operator in graph.operators if graph.kind(operator) in _MOVES]:
            source = int(move.inputs[0])
            operator = graph.producer(source)
            alone = graph.consumers(source) == [move] and source not in graph.outputs
            if operator is not None and alone and _is_liftable(graph, move, operator):
                _lift(graph, move, operator)
                lifted = True


def _is_liftable(graph: TfliteGraph, move: Any, operator: Any) -> bool:
    if graph.kind(operator) not in (*_ELEMENTWISE, *_BINARY):
        return False
    shapes = [graph.shape(int(tensor)) for tensor in operator.inputs]
    whole = graph.shape(int(operator.outputs[0]))
    transposed = graph.kind(move) == "TRANSPOSE"
    return all(shape in ((), whole) or (transposed and len(shape) == len(whole)) for shape in shapes)


def _lift(graph: TfliteGraph, move: Any, operator: Any) -> None:
    new: list[Any] = []
    inputs = []
    for tensor in map(int, operator.inputs):
        shape = graph.shape(tensor)
        if shape == ():
            inputs.append(tensor)
            continue
        if graph.kind(move) == "TRANSPOSE":
            shape = tuple(shape[axis] for axis in graph.constant(int(move.inputs[1])))
        else:
            shape = graph.shape(int(move.outputs[0]))
        moved = graph.add_like(tensor, ";moved", shape)
        copy = graph.make(graph.kind(move), 1, [tensor, int(move.inputs[1])], moved)
        copy.builtinOptions, copy.builtinOptionsType = move.builtinOptions, move.builtinOptionsType
        new.append(copy)
        inputs.append(moved)
    operator.inputs, operator.outputs = np.array(inputs, np.int32), move.outputs
    graph.operators.remove(operator)
    _insert(graph, move, [*new, operator])


def _is_end(graph: TfliteGraph, tensor: int) -> bool:
    users = graph.consumers(tensor)
    return tensor in graph.outputs or any(graph.kind(user) not in _MOVES for user in users)


def _ends(graph: TfliteGraph, tensor: int) -> set[int]:
    """Where the chains that begin at a tensor end."""
    ends: set[int] = set()
    for user in graph.consumers(tensor):
        result = int(user.outputs[0])
        if graph.kind(user) not in _MOVES:
            ends.add(tensor)
        else:
            ends |= {result} if _is_end(graph, result) else _ends(graph, result)
    return ends


def _shorten(graph: TfliteGraph, result: int, permuted: dict[tuple[int, int, bytes], int]) -> None:
    source, moves = result, []
    while (operator := graph.producer(source)) is not None and graph.kind(operator) in _MOVES:
        moves.append(operator)
        source = int(operator.inputs[0])
    before, after = graph.shape(source), graph.shape(result)
    if len(before) != 4 or len(after) != 4:
        return
    moved = _apply(graph, moves[::-1], before)
    block = after[1] // before[1] if after[1] > before[1] else before[1] // after[1]
    if before == after and np.array_equal(moved, np.arange(moved.size, dtype=np.int32).reshape(before)):
        graph.replace_uses(result, source)
    elif before == after:
        order = _permutation(moved[0, 0, 0])
        if order is not None and np.array_equal(moved, _indices(before)[..., order]):
            _insert(graph, moves[0], [_gather(graph, source, result, order)])
    elif after == (1, before[1] * block, before[2] * block, before[3] // block**2):
        order = _permutation(moved[0, :block, :block])
        if order is not None and np.array_equal(moved, _depth_to_space(_indices(before)[..., order], block)):
            _to_space(graph, moves[0], source, result, block, order, permuted)
    elif after == (1, before[1] // block, before[2] // block, before[3] * block**2):
        plain = _space_to_depth(_indices(before), block)
        first = {int(index): place for place, index in enumerate(plain[0, 0, 0])}
        order = np.array([first.get(int(index), -1) for index in moved[0, 0, 0]], np.int32)
        if order.min() >= 0 and np.array_equal(moved, plain[..., order]):
            _to_depth(graph, moves[0], source, result, block, order, permuted)


def _to_space(
    graph: TfliteGraph, last: Any, source: int, result: int, block: int, order: _Indices, permuted: dict[Any, int]
) -> None:
    new: list[Any] = []
    if _ends(graph, source) != {result} or not _permute_producer(graph, source, order, permuted):
        gathered = graph.add_like(source, ";channels")
        new.append(_gather(graph, source, gathered, order))
        source = gathered
    new.append(graph.make("DEPTH_TO_SPACE", 1, [source], result, "DepthToSpaceOptions", blockSize=block))
    _insert(graph, last, new)


def _to_depth(
    graph: TfliteGraph, last: Any, source: int, result: int, block: int, order: _Indices, permuted: dict[Any, int]
) -> None:
    if _permute_consumers(graph, result, order, permuted):
        made = [graph.make("SPACE_TO_DEPTH", 1, [source], result, "SpaceToDepthOptions", blockSize=block)]
    else:
        plain = graph.add_like(result, ";channels")
        made = [
            graph.make("SPACE_TO_DEPTH", 1, [source], plain, "SpaceToDepthOptions", blockSize=block),
            _gather(graph, plain, result, order),
        ]
    _insert(graph, last, made)


def _permute_producer(graph: TfliteGraph, tensor: int, order: _Indices, permuted: dict[Any, int]) -> bool:
    """Let the convolution before `tensor` write its channels in another order, if nobody else reads them.

    `tensor` itself is read by the chain only.
    """
    operator = graph.producer(tensor)
    while operator is not None and graph.kind(operator) in _ELEMENTWISE:
        tensor = int(operator.inputs[0])
        if graph.consumers(tensor) != [operator] or tensor in graph.outputs:
            return False
        operator = graph.producer(tensor)
    if operator is None or graph.kind(operator) != "CONV_2D" or _groups(graph, operator) != 1:
        return False
    kernel, bias = (int(index) for index in operator.inputs[1:3])
    operator.inputs = np.array(
        [
            int(operator.inputs[0]),
            _permuted(graph, kernel, 0, order, permuted),
            _permuted(graph, bias, 0, order, permuted) if bias >= 0 else bias,
        ],
        np.int32,
    )
    return True


def _permute_consumers(graph: TfliteGraph, tensor: int, order: _Indices, permuted: dict[Any, int]) -> bool:
    """Let the convolutions after `tensor` read its channels in another order, if there is nobody else."""
    users = graph.consumers(tensor)
    fits = all(graph.kind(user) == "CONV_2D" and _groups(graph, user) == 1 for user in users)
    if not fits or tensor in graph.outputs:
        return False
    inverse = np.argsort(order).astype(np.int32)
    for user in users:
        inputs = [int(index) for index in user.inputs]
        inputs[1] = _permuted(graph, inputs[1], 3, inverse, permuted)
        user.inputs = np.array(inputs, np.int32)
    return True


def _permuted(graph: TfliteGraph, tensor: int, axis: int, order: _Indices, permuted: dict[Any, int]) -> int:
    key = (tensor, axis, order.tobytes())
    if key not in permuted:
        name = graph.name(tensor) + ";channels"
        permuted[key] = graph.add_constant(name, np.take(graph.constant(tensor), order, axis))
    return permuted[key]


def _groups(graph: TfliteGraph, convolution: Any) -> int:
    return graph.shape(int(convolution.inputs[0]))[3] // graph.shape(int(convolution.inputs[1]))[3]


def _gather(graph: TfliteGraph, source: int, result: int, order: _Indices) -> Any:
    indices = graph.add_constant(graph.name(result) + ";order", order)
    return graph.make("GATHER", 1, [source, indices], result, "GatherOptions", axis=3)


def _insert(graph: TfliteGraph, last: Any, new: list[Any]) -> None:
    place = next(index for index, operator in enumerate(graph.operators) if operator is last)
    graph.operators[place : place + 1] = new


def _apply(graph: TfliteGraph, moves: list[Any], shape: tuple[int, ...]) -> _Indices:
    moved = _indices(shape)
    for operator in moves:
        if graph.kind(operator) == "TRANSPOSE":
            moved = moved.transpose(graph.constant(int(operator.inputs[1])))
        else:
            moved = moved.reshape(graph.shape(int(operator.outputs[0])))
    return moved


def _indices(shape: tuple[int, ...]) -> _Indices:
    return np.arange(np.prod(shape), dtype=np.int32).reshape(shape)


def _permutation(indices: _Indices) -> _Indices | None:
    """The indices in a row, None unless each from 0 on is there once."""
    order = np.ascontiguousarray(indices.reshape(-1))
    return order if np.array_equal(np.sort(order), np.arange(order.size)) else None


def _depth_to_space(values: _Indices, block: int) -> _Indices:
    batch, height, width, channels = values.shape
    split = values.reshape(batch, height, width, block, block, channels // block**2)
    return split.transpose(0, 1, 3, 2, 4, 5).reshape(batch, height * block, width * block, channels // block**2)


def _space_to_depth(values: _Indices, block: int) -> _Indices:
    batch, height, width, channels = values.shape
    split = values.reshape(batch, height // block, block, width // block, block, channels)
    return split.transpose(0, 1, 3, 2, 4, 5).reshape(batch, height // block, width // block, channels * block**2)
