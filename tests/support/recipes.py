"""Recipes that train in about a second."""

from collections.abc import Sequence
from pathlib import Path

RECIPE = """
name = "tiny"
steps = 40
seed = 3
evaluate_every = 10

[model]
epilogue = "residual"
mid_width = 4
branches = [["conv3x3"], ["conv1x1", "average"]]

[data]
crop = 16
batch = 4
validation_fraction = 0.2

[loss]
name = "l1"

[optimizer]
learning_rate = 1e-2
"""


QUANTIZED = """
name = "tiny-int8"
seed = 3
evaluate_every = 10

[quantization]
weights = "int8"
start = "arllie-plain-lol"
steps = 20
learning_rate = 1e-3

[data]
crop = 16
batch = 4
validation_fraction = 0.2

[loss]
name = "l1"
"""


ADAPTIVE = """
name = "tiny-adaptive"
steps = 20
evaluate_every = 10

[head]
hidden = 8

[crops]
share = 0.25

[darkening]
share = 0.25
copies = 1

[data]
crop = 16
batch = 8
validation_fraction = 0.2

[loss]
name = "log-mse"
"""


NETWORK = """
name = "tiny-network"
steps = 6
evaluate_every = 2

[network]
system = "sad-unet"
arguments = { width = 0.25, stem = 16, expansion = 1 }

[crops]
share = 0.5

[enlarging]
most = 1.5
most_noise = 2.0

[distillation]
weight = 0.1

[data]
crop = 32
batch = 2
validation_fraction = 0.2

[loss]
name = "huber"
ssim = 0.4
"""


LW_ISP = """
name = "tiny-isp"
steps = 4
evaluate_every = 2

[network]
system = "lw-isp"
arguments = { head = "raw", width = 0.25 }

[pictures]
kind = "raw"

[data]
crop = 64
batch = 1

[loss]
name = "charbonnier"
"""


def write_recipe(path: Path, *replacements: tuple[str, str]) -> Path:
    """Write the recipe with pieces of its text replaced; each piece must occur."""
    return _write(path, RECIPE, replacements)


def write_quantized_recipe(path: Path, *replacements: tuple[str, str]) -> Path:
    """`write_recipe` of a fine-tuning for integer weights."""
    return _write(path, QUANTIZED, replacements)


def write_adaptive_recipe(path: Path, *replacements: tuple[str, str]) -> Path:
    """`write_recipe` of an adaptive model."""
    return _write(path, ADAPTIVE, replacements)


def write_network_recipe(path: Path, *replacements: tuple[str, str]) -> Path:
    """`write_recipe` of a network of many layers; frames of at least 32 pixels, each with a crop of its name."""
    return _write(path, NETWORK, replacements)


def write_lw_isp_recipe(path: Path, *replacements: tuple[str, str]) -> Path:
    """`write_recipe` of LW-ISP's raw head; clean pictures of at least 64 pixels."""
    return _write(path, LW_ISP, replacements)


def _write(path: Path, text: str, replacements: Sequence[tuple[str, str]]) -> Path:
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return path
