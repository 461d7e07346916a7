"""Renders the set of dark pictures that ships with the package, from nothing but the seeds below.

    python scripts/render_dark_set.py --out arllie_deploy/pictures/samples/dark

Each is a scene of `scripts/scene`, taken in too little light: so many stops under full exposure, by a sensor that
holds so many electrons. All eight take about four minutes on one core; the bytes are the same every time.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scene.busts import milliner
from scene.corridor import hallway
from scene.desks import bar_sign, bulb, candle, reading, window
from scene.developing import encode, expose, save, vignette
from scene.light import Scene
from scene.town import skyline
from scene.tracing import render

#: Windows and bare bulbs are many times brighter than the rest; this far above white they saturate, as in a camera.
LIMIT = 16.0


@dataclass(frozen=True)
class Night:
    """One picture: what is in it, its seed, the stops of its exposure, and the electrons that saturate the sensor."""

    scene: Callable[[int], Scene]
    seed: int
    stops: float
    electrons: float


NIGHTS = {
    "candle": Night(candle, 3, -4.0, 3500.0),
    "hallway": Night(hallway, 2, -3.5, 3000.0),
    "window": Night(window, 11, -2.7, 3000.0),
    "neon": Night(bar_sign, 5, -2.3, 4000.0),
    "skyline": Night(skyline, 4, -2.7, 4000.0),
    "busts": Night(milliner, 6, -2.3, 3000.0),
    "bulb": Night(bulb, 9, -2.6, 5000.0),
    "page": Night(reading, 12, -1.0, 4000.0),
}


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Render the packaged set of dark pictures.")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the PNG files")
    parser.add_argument("--only", choices=NIGHTS, action="append", help="one of the pictures; may be repeated")
    parser.add_argument("--width", type=int, default=432, help="pixels; the height is two thirds of it (432)")
    parser.add_argument("--side", type=int, default=4, help="side squared paths a pixel (4)")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Renders and writes one after the other."""
    chosen = options(arguments)
    chosen.out.mkdir(parents=True, exist_ok=True)
    for name in chosen.only or NIGHTS:
        night = NIGHTS[name]
        light = vignette(render(night.scene(night.seed), chosen.width, chosen.width * 2 // 3, chosen.side, night.seed))
        sensed = expose(light, night.stops, night.seed, night.electrons, LIMIT)
        save(encode(sensed), chosen.out / f"{name}.png")


if __name__ == "__main__":
    main()
