"""A recipe that trains in about a second."""

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


def write_recipe(path: Path, *replacements: tuple[str, str]) -> Path:
    """Write the recipe with pieces of its text replaced; each piece must occur."""
    text = RECIPE
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return path
