"""What a format writer is asked for, and what it says about what it wrote."""

from dataclasses import dataclass, field
from pathlib import Path

from arllie_deploy.enhancer import Enhancer


@dataclass(frozen=True)
class Request:
    """Write `enhancer` for `target` to `path`; `size` (width, height) matters to formats of fixed size."""

    enhancer: Enhancer
    target: str
    precision: str
    size: tuple[int, int]
    path: Path


@dataclass(frozen=True)
class Written:
    """The operators in the file in order of execution, the layout of its tensors, and the versions of its writers."""

    operators: list[str]
    layout: str
    tools: dict[str, str] = field(default_factory=dict)
