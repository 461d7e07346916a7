"""The one description of an Enhancer's graph, which every format writes in its own native layout."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.epilogues.operators import Operator

FrameType = Literal["float32", "uint8", "uint16"]


@dataclass(frozen=True, eq=False)
class Convolution:
    """output = kernel ∗ input + bias: 3×3, stride 1, zero padding 1; `kernel` (out, in, 3, 3), `bias` (out,)."""

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]
    input: str = "y"
    output: str = "u"


@dataclass(frozen=True, eq=False)
class Graph:
    """A convolution and the epilogue's operators, 2 to 6 in all, in order of execution.

    Attributes:
        operators: the first reads the value `y`, the frame in [0, 1]; the last one's output is the frame z.
        frame_type: float32 tensors in the format's layout, or integer frames (height, width, 3) with the conversion
            inside the graph.
    """

    operators: tuple[Convolution | Operator, ...]
    frame_type: FrameType = "float32"

    @property
    def output(self) -> str:
        """The name of the last value."""
        return self.operators[-1].output


def build_graph(enhancer: Enhancer, frame_type: FrameType = "float32") -> Graph:
    """The graph of a model, its weights as they are stored (negated, which is exact, where the epilogue wants −u)."""
    row = enhancer.row
    sign = np.float32(-1.0 if row.negate_convolution else 1.0)
    convolution = Convolution(sign * enhancer.kernel, sign * enhancer.bias)
    return Graph((convolution, *row.operators(enhancer.constants)), frame_type)
