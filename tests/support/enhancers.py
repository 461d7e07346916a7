"""Small seeded models for tests."""

import numpy as np

from arllie_deploy.enhancer import Enhancer


def random_enhancer(epilogue: str = "residual", seed: int = 0, name: str = "random") -> Enhancer:
    """A model with weights of the size that training gives."""
    rng = np.random.default_rng(seed)
    kernel = rng.normal(0.0, 0.5, (3, 3, 3, 3)).astype(np.float32)
    return Enhancer(name, kernel, rng.normal(0.0, 0.5, 3).astype(np.float32), epilogue)
