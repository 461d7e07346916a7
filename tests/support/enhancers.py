"""Small seeded models for tests."""

import numpy as np

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.conditioning import BIAS_VALUES, CURVE_OUTPUTS, KERNEL_OUTPUTS, Head
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.statistics import COUNT


def random_enhancer(epilogue: str = "residual", seed: int = 0, name: str = "random") -> Enhancer:
    """A model with weights of the size that training gives."""
    rng = np.random.default_rng(seed)
    kernel = rng.normal(0.0, 0.5, (3, 3, 3, 3)).astype(np.float32)
    return Enhancer(name, kernel, rng.normal(0.0, 0.5, 3).astype(np.float32), epilogue)


def random_adaptive(
    epilogue: str = "curve", seed: int = 0, size: float = 0.3, name: str = "adapting"
) -> AdaptiveEnhancer:
    """An adaptive model whose head has weights of `size`; "basis" as epilogue gives the form that mixes two kernels."""
    rng = np.random.default_rng(seed)
    basis = rng.normal(0.0, size, (2, 3, 3, 3, 3)).astype(np.float32) if epilogue == "basis" else None
    outputs = {"curve": CURVE_OUTPUTS, "plain": KERNEL_OUTPUTS, "basis": 2 * 3 + BIAS_VALUES}[epilogue]
    arrays = {
        "mean": rng.normal(0.0, 1.0, COUNT),
        "deviation": rng.uniform(0.1, 1.0, COUNT),
        "hidden_weight": rng.normal(0.0, size, (8, COUNT)),
        "hidden_bias": rng.normal(0.0, size, 8),
        "output_weight": rng.normal(0.0, size, (outputs, 8)),
        "output_bias": rng.normal(0.0, size, outputs),
    }
    head = Head(**{key: value.astype(np.float32) for key, value in arrays.items()}, basis=basis)
    return AdaptiveEnhancer(name, head)
