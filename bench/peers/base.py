"""What a row of the table of peers holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from arllie_deploy.bench.peers.graph import GraphWriter, Value

# Adds the nodes from `input` to the frame that comes out.
Build: TypeAlias = "Callable[[GraphWriter, Value], Value]"


@dataclass(frozen=True)
class Peer:
    """A network's shape.

    Attributes:
        name: the id, also of its file.
        title: the network's own name.
        parameters: trained numbers of the inference network, normalization's scale and shift among them.
        published: the count as its authors or others give it, in words.
        macs: multiply-accumulates of convolutions for one frame of 1920×1080.
        pixel_bytes: resident memory per pixel that a frame costs onnxruntime, measured at 1920×1080 and rounded up.
        blocked: whether onnxruntime is faster at the level that moves convolutions to a blocked layout, its default.
        paper: where the shape is published.
        repository: public code in which it was looked up.
        build: imports nothing heavy at module level.
    """

    name: str
    title: str
    parameters: int
    published: str
    macs: int
    pixel_bytes: int
    blocked: bool
    paper: str
    repository: str
    build: Build

    @property
    def label(self) -> str:
        """The name in a report, which says what the row is not."""
        return f"{self.title} (shape only)"

    @property
    def file_name(self) -> str:
        """Of its graph."""
        return f"peer-{self.name}.onnx"
