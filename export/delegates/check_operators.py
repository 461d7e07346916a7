"""Whether a delegate executes a whole .tflite file: each operator is looked up with the types of all its tensors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from arllie_deploy.export.delegates.operator_list import Form, ListedOperator, OperatorList, Slot
from arllie_deploy.export.delegates.relations import RELATIONS
from arllie_deploy.export.delegates.tensor_match import match
from arllie_deploy.export.delegates.tflite_file import Node, Tensor, read_nodes
from arllie_deploy.export.targets.base import INTEGER_PRECISIONS


@dataclass(frozen=True)
class Finding:
    """What was found of one operator.

    Attributes:
        operator: its place, name and types.
        problem: why the delegate does not execute it, None if it does.
        api_level: the least Android API level, None where the delegate has none or the operator is folded away.
    """

    operator: str
    problem: str | None
    api_level: int | None = None


@dataclass(frozen=True)
class Verdict:
    """What was found of a file."""

    delegate: str
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> str | None:
        """One line about the first operator that the delegate does not execute, None if it executes all."""
        outside = [finding for finding in self.findings if finding.problem is not None]
        if not outside:
            return None
        more = f" (and {len(outside) - 1} more)" if len(outside) > 1 else ""
        return f"{outside[0].operator}: {outside[0].problem}{more}"

    @property
    def api_level(self) -> int | None:
        """The least Android API level on which the delegate executes every operator, None where there is none."""
        if self.failed is not None:
            return None
        return max((level for finding in self.findings if (level := finding.api_level) is not None), default=None)

    @property
    def facts(self) -> dict[str, Any]:
        """For the manifest."""
        level = {} if self.api_level is None else {"api_level": self.api_level}
        return {"delegate": self.delegate, **level}


def check_operators(data: bytes, delegate: OperatorList, precision: str) -> Verdict:
    """Look up every operator of a .tflite file.

    Args:
        data: the file.
        delegate: the list, from `find_delegate`.
        precision: what the file claims to be, as in the table of targets; in an integer one no tensor may be float.

    Raises:
        ArllieError: if the bytes are not a TFLite file.
    """
    nodes = read_nodes(data)
    folded = _folded(nodes) if delegate.folds_half_constants else {}
    islands = [node for node in nodes if _is_island(node)] if precision in INTEGER_PRECISIONS else []
    return Verdict(
        delegate.name, tuple(_island(node) if node in islands else _find(node, delegate, folded) for node in nodes)
    )


def _folded(nodes: Sequence[Node]) -> dict[Tensor, Tensor]:
    """What a DEQUANTIZE makes of a stored FLOAT16 tensor -> that tensor, which the delegate reads in its place."""
    folded = {}
    for node in nodes:
        if node.name == "DEQUANTIZE" and node.inputs and node.outputs:
            half, widened = node.inputs[0], node.outputs[0]
            if half and widened and half.constant and half.type == "FLOAT16":
                folded[widened] = half
    return folded


def _find(node: Node, delegate: OperatorList, folded: Mapping[Tensor, Tensor]) -> Finding:
    described = node.describe()
    if node.outputs and node.outputs[0] in folded:
        return Finding(described, None)
    listed = delegate.operators.get(node.name)
    if listed is None:
        return Finding(described, f"{node.name} is not in {delegate.owner}'s list")
    read = replace(node, inputs=tuple(tensor and folded.get(tensor, tensor) for tensor in node.inputs))
    tried = [(form, *_try(form, read)) for form in listed.forms]
    levels = [form.api_level for form, _, problem in tried if problem is None]
    # Of forms that all differ, the most similar one tells most about what is wrong.
    problem = _general_problem(read, delegate, listed) if levels else max(tried, key=lambda one: one[1])[2]
    if problem is not None:
        return Finding(described, f"outside {delegate.owner}'s list: {problem}")
    return Finding(described, None, min((level for level in levels if level is not None), default=None))


def _is_island(node: Node) -> bool:
    return any(tensor is not None and "FLOAT" in tensor.type for tensor in (*node.inputs, *node.outputs))


def _island(node: Node) -> Finding:
    return Finding(node.describe(), "a float island in an integer artifact, all of whose tensors must be integers")


def _general_problem(node: Node, delegate: OperatorList, listed: ListedOperator) -> str | None:
    least, most = listed.versions
    if not least <= node.version <= most:
        return f"version {node.version} of the operator, listed: {least} to {most}"
    for tensor in (*node.inputs, *node.outputs):
        if tensor is not None and len(tensor.shape) > delegate.most_rank:
            return f"a tensor has rank {len(tensor.shape)}, at most {delegate.most_rank} may be"
    return None


def _try(form: Form, node: Node) -> tuple[int, str | None]:
    """How many things of a form the operator fulfills, and the first one that it does not."""
    fulfilled = 0
    for what, slots, tensors in (("input", form.inputs, node.inputs), ("output", form.outputs, node.outputs)):
        pairs = _pair(slots, tensors)
        if pairs is None:
            return fulfilled, f"it has {len(tensors)} {what}s, listed: {len(slots)}"
        for place, (slot, tensor) in enumerate(pairs):
            depth, problem = match(slot, tensor)
            fulfilled += depth
            if problem is not None:
                return fulfilled, f"{what} {place} {problem}"
    for problem in _further_problems(form, node):
        if problem is not None:
            return fulfilled, problem
        fulfilled += 1
    return fulfilled, None


def _pair(slots: tuple[Slot, ...], tensors: tuple[Tensor | None, ...]) -> list[tuple[Slot, Tensor | None]] | None:
    """Each tensor with its slot; None if their numbers do not fit."""
    if slots and slots[-1].repeated:
        slots = slots[:-1] + slots[-1:] * max(1, len(tensors) - len(slots) + 1)
    if len(tensors) > len(slots):
        return None
    return list(zip(slots, (*tensors, *(None,) * (len(slots) - len(tensors))), strict=True))


def _further_problems(form: Form, node: Node) -> list[str | None]:
    # An option that the file leaves out has the schema's default, which no list forbids.
    options = {name: node.options[name] for name in (*form.options, *form.most) if name in node.options}
    return [
        *(
            f"{name} is {options[name]}, listed: {', '.join(map(str, allowed))}"
            if name in options and options[name] not in allowed
            else None
            for name, allowed in form.options.items()
        ),
        *(
            f"{name} is {options[name]}, at most {most} may be" if name in options and options[name] > most else None
            for name, most in form.most.items()
        ),
        *(RELATIONS[rule](node) for rule in form.rules),
    ]
