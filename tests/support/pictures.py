"""Small seeded pictures for tests: a made scene and its dark, noisy version."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def scene(seed: int, width: int = 48, height: int = 40) -> NDArray[np.uint8]:
    """Smooth color gradients with a few rectangles, (height, width, 3)."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width] / max(height, width)
    colors = rng.random((3, 3))
    picture = colors[0] + rows[..., None] * colors[1] + columns[..., None] * colors[2]
    for _ in range(4):
        top, left = rng.integers(height), rng.integers(width)
        picture[top : top + 9, left : left + 12] = rng.random(3) * 2
    return np.round(255 * np.clip(picture / 2, 0, 1)).astype(np.uint8)


def darkened(picture: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """About three stops darker, with noise."""
    noise = np.random.default_rng([seed, 1]).normal(0, 1.5, picture.shape)
    return np.clip(np.round(picture * 0.12 + noise), 0, 255).astype(np.uint8)


def save_png(path: Path, pixels: NDArray[Any]) -> Path:
    """Write 8-bit pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def make_pairs(folder: Path, count: int = 24, **size: int) -> Path:
    """low/ and high/ with `count` pairs."""
    for index in range(count):
        high = scene(index, **size)
        save_png(folder / "high" / f"{index}.png", high)
        save_png(folder / "low" / f"{index}.png", darkened(high, index))
    return folder
