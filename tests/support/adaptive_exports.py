"""Adaptive models, frames and sessions for tests of their exports."""

from typing import Any

import numpy as np

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.conditioning import BIAS_VALUES, Head
from arllie_deploy.models import find_model
from arllie_deploy.statistics import COUNT


def session(model: Any) -> Any:
    """An onnxruntime session of a ModelProto."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def outputs(opened: Any, **inputs: Any) -> dict[str, Any]:
    """Name -> array of everything that a session gives."""
    names = [value.name for value in opened.get_outputs()]
    return dict(zip(names, opened.run(None, inputs), strict=True))


def shipped(name: str) -> AdaptiveEnhancer:
    """A packaged adaptive model."""
    model = find_model(name)
    assert isinstance(model, AdaptiveEnhancer)
    return model


def random_basis_model(kernels: int, seed: int = 0) -> AdaptiveEnhancer:
    """A model that mixes so many random kernels."""
    rng = np.random.default_rng(seed)
    count = 3 * kernels + BIAS_VALUES
    arrays = {
        "mean": rng.normal(0.0, 1.0, COUNT),
        "deviation": rng.uniform(0.1, 1.0, COUNT),
        "hidden_weight": rng.normal(0.0, 0.3, (8, COUNT)),
        "hidden_bias": rng.normal(0.0, 0.3, 8),
        "output_weight": rng.normal(0.0, 0.3, (count, 8)),
        "output_bias": rng.normal(0.0, 0.3, count),
        "basis": rng.normal(0.0, 0.3, (kernels, 3, 3, 3, 3)),
    }
    return AdaptiveEnhancer("mixing", Head(**{key: value.astype(np.float32) for key, value in arrays.items()}))


def wild_statistics(seed: int) -> np.ndarray:
    """Statistics near those of training, or far from them, where every bound binds."""
    rng = np.random.default_rng(seed)
    return rng.normal(0.0, 10.0 ** rng.uniform(-1, 2), COUNT)
