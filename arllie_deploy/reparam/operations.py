"""The table of cell operations. All are linear, and each fits a 3×3 window."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Operation:
    """One row.

    Attributes:
        name: the id.
        window: (rows, columns) of the kernel; (1, 1) is pointwise.
        learned: whether the kernel is learned (channels are mixed); otherwise `mask` is applied to each channel and
            a learned scale and bias per channel follow.
        mask: the fixed kernel of the operations that are not learned.
        residual: whether the input is added to the output.
    """

    name: str
    window: tuple[int, int]
    learned: bool
    mask: NDArray[np.float64] | None = None
    residual: bool = False

    @property
    def spatial(self) -> bool:
        """Whether it looks at neighbors."""
        return self.window != (1, 1)

    @property
    def mixes_channels(self) -> bool:
        """Whether the number of output channels is free: learned, with nothing added to it."""
        return self.learned and not self.residual


_AVERAGE = np.full((3, 3), 1 / 9)
_SOBEL_X = np.array([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]])
_LAPLACIAN = np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])

OPERATIONS = {
    row.name: row
    for row in (
        Operation("conv3x3", (3, 3), learned=True),
        Operation("conv1x3", (1, 3), learned=True),
        Operation("conv3x1", (3, 1), learned=True),
        Operation("average", (3, 3), learned=False, mask=_AVERAGE),
        Operation("sobel_x", (3, 3), learned=False, mask=_SOBEL_X),
        Operation("sobel_y", (3, 3), learned=False, mask=_SOBEL_X.T),
        Operation("laplacian", (3, 3), learned=False, mask=_LAPLACIAN),
        Operation("resconv3x3", (3, 3), learned=True, residual=True),
        Operation("conv1x1", (1, 1), learned=True),
        Operation("resconv1x1", (1, 1), learned=True, residual=True),
        Operation("skip", (1, 1), learned=False, mask=np.ones((1, 1))),
    )
}
