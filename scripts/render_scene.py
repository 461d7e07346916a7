"""Renders the night picture that ships with the package, and others like it, from nothing but a seed.

    python scripts/render_scene.py --seed 7 --size 960x640 --exposure -4 --dark night.png --bright truth.png

The bright picture is the scene in full exposure, without noise; the dark one is what a camera gets with less light.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from scene.developing import encode, expose, save, vignette
from scene.still_life import still_life
from scene.tracing import render


def size(text: str) -> tuple[int, int]:
    """``960x640`` as width and height."""
    width, height = (int(part) for part in text.lower().split("x"))
    if min(width, height) < 8:
        raise argparse.ArgumentTypeError(f"{text}: a picture has at least 8 pixels a side")
    return width, height


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Render a still life by night: dark and noisy, and its bright truth.")
    parser.add_argument("--seed", type=int, default=7, help="arrangement, colors and light (7)")
    parser.add_argument("--size", type=size, default=(960, 640), metavar="WxH", help="pixels (960x640)")
    parser.add_argument("--exposure", type=float, default=-4.0, help="stops of the dark picture (-4)")
    parser.add_argument("--side", type=int, default=4, help="side squared paths a pixel (4)")
    parser.add_argument("--dark", type=Path, help="PNG to write: underexposed, with sensor noise")
    parser.add_argument("--bright", type=Path, help="PNG to write: full exposure, without noise")
    chosen = parser.parse_args(arguments)
    if not (chosen.dark or chosen.bright):
        parser.error("nothing to write: name --dark FILE, --bright FILE or both")
    return chosen


def main(arguments: Sequence[str] | None = None) -> None:
    """Renders once and writes what was asked for."""
    chosen = options(arguments)
    width, height = chosen.size
    light = vignette(render(still_life(chosen.seed), width, height, chosen.side, chosen.seed))
    if chosen.dark:
        save(encode(expose(light, chosen.exposure, chosen.seed)), chosen.dark)
    if chosen.bright:
        save(encode(light), chosen.bright)


if __name__ == "__main__":
    main()
