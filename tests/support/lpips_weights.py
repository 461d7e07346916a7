"""Made weights of LPIPS: the right shapes, random values."""

import numpy as np

from arllie_deploy.quality.alexnet import LAYERS
from arllie_deploy.quality.lpips_weights import Weights


def random_weights(seed: int = 0) -> Weights:
    """Of a size that keeps the activations near 1; the heads are not negative."""
    rng = np.random.default_rng(seed)
    shapes = [layer.shape for layer in LAYERS]
    spread = [np.sqrt(2 / np.prod(shape[:3])) for shape in shapes]
    return Weights(
        kernels=tuple(
            (s * rng.standard_normal(shape)).astype(np.float32) for s, shape in zip(spread, shapes, strict=True)
        ),
        biases=tuple((0.1 * rng.standard_normal(shape[3])).astype(np.float32) for shape in shapes),
        heads=tuple(rng.random(shape[3]).astype(np.float32) for shape in shapes),
    )
