"""A file's graph as it is drawn, whatever the format: operators, and the values between them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from arllie_deploy.errors import ArllieError

MOST_NODES = 400
_MOST_KINDS = 12


@dataclass(frozen=True)
class Value:
    """A tensor.

    Attributes:
        name: in the file; need not be unique.
        dtype: numpy's name of the type, empty where the file does not say.
        shape: a dimension that is not fixed is its name, or "?"; None where the file does not say.
        scale: the real number of one step, empty for floats; several are one per channel.
        zero_point: the integer of the real number 0; as many as scales.
        contents: a stored number as text; None for tensors that hold several or none.
    """

    name: str
    dtype: str = ""
    shape: tuple[int | str, ...] | None = None
    scale: tuple[float, ...] = ()
    zero_point: tuple[int, ...] = ()
    contents: str | None = None


@dataclass(frozen=True)
class Node:
    """An operator.

    Attributes:
        kind: the format's name of it.
        inputs: places in the picture's values, in the operator's order; None where an optional one is left out.
        outputs: likewise.
        details: name and text of what else the file says, for example strides or a fused activation.
    """

    kind: str
    inputs: tuple[int | None, ...]
    outputs: tuple[int | None, ...]
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class GraphPicture:
    """Operators in order of execution.

    A value that is neither among `inputs` nor made by an operator is stored in the file: a constant, or memory.

    Attributes:
        values: what `inputs`, `outputs` and the nodes refer to by place.
        inputs: what the caller gives.
        outputs: what the caller gets.
        nodes: the operators.
        note: what a reader of the drawing should know of the file, empty if nothing.

    Raises:
        ArllieError: if a value is made twice, or read before it is made.
    """

    values: tuple[Value, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    nodes: tuple[Node, ...]
    note: str = ""

    def __post_init__(self) -> None:
        made_later = Counter(value for node in self.nodes for value in made_by(node))
        ready = set(self.inputs)
        for node in self.nodes:
            for value in read_by(node):
                if made_later[value] and value not in ready:
                    raise ArllieError(
                        f"a damaged graph: {node.kind} reads {self.values[value].name!r} before it is made"
                    )
            for value in made_by(node):
                if value in ready:
                    raise ArllieError(f"a damaged graph: {self.values[value].name!r} is made twice")
                ready.add(value)


def read_by(node: Node) -> list[int]:
    """The values that an operator reads, in its order."""
    return [value for value in node.inputs if value is not None]


def made_by(node: Node) -> list[int]:
    """The values that an operator makes, in its order."""
    return [value for value in node.outputs if value is not None]


def flowing(picture: GraphPicture) -> frozenset[int]:
    """The values that are given or made, which are drawn as edges; the others are listed in the boxes."""
    return frozenset(picture.inputs).union(*map(made_by, picture.nodes))


def capped(picture: GraphPicture, most: int = MOST_NODES) -> GraphPicture:
    """The picture with one box that stands for all operators after the first `most`, if there are more."""
    shown, hidden = picture.nodes[:most], picture.nodes[most:]
    if not hidden:
        return picture
    shown_values = set(picture.inputs).union(*map(made_by, shown))
    read = dict.fromkeys(value for node in hidden for value in read_by(node) if value in shown_values)
    made = {value for node in hidden for value in made_by(node)}
    kinds = Counter(node.kind for node in hidden).most_common()
    counts = [(kind, f"× {count}") for kind, count in kinds[:_MOST_KINDS]]
    if len(kinds) > _MOST_KINDS:
        counts.append(("other kinds", f"× {sum(count for _, count in kinds[_MOST_KINDS:])}"))
    rest = Node(
        kind=f"… {len(hidden)} more operators",
        inputs=tuple(read),
        outputs=tuple(dict.fromkeys(value for value in picture.outputs if value in made)),
        details=tuple(counts),
    )
    return replace(picture, nodes=(*shown, rest))
