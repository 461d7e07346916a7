"""A drawn picture, spoiled and restored, side by side: pictures of data sets may not be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from arllie_deploy.networks.network import Network
from arllie_deploy.results.drawn_scene import drawn_scene
from arllie_deploy.results.light_modules_scores import (
    DENOISERS,
    FILLERS,
    RESOLVERS,
    UNTRAINED,
    Case,
    Frame,
    Restore,
    holed_case,
    noisy_case,
    restored,
    restorer_of,
    small_case,
)
from arllie_deploy.results.lw_isp_pictures import draw_crops

_SIDE, _SHOWN = 192, 64
# A quarter of the drawn scene each.
_QUARTER = _SIDE // 2


def draw_all(folder: Path, networks: Mapping[str, Network | None]) -> list[str]:
    """Write a picture for each task: what is given, what becomes of it, the truth; gives their names."""
    from arllie_deploy.training.smaller_pictures import reduced

    scene = drawn_scene(_SIDE)
    quarters = [scene[:_QUARTER, :_QUARTER], scene[_QUARTER:, _QUARTER:]]
    noisy = [noisy_case(quarter, index) for index, quarter in enumerate(quarters)]
    small = [small_case(quarter, reduced(quarter)) for quarter in quarters]
    holed = [holed_case(quarter, 1) for quarter in quarters]
    untrained = {task: dict(rows) for task, rows in UNTRAINED.items()}
    del untrained["inpainting"]["mean color"]
    untrained["inpainting"]["the hole"] = lambda seen: seen[:3]
    shown = {
        "denoising": (noisy, DENOISERS),
        "super-resolution": (small, RESOLVERS),
        "inpainting": (holed, FILLERS),
    }
    for task, (cases, names) in shown.items():
        restorers = {
            **untrained[task],
            **{name: restorer_of(network) for name in names if (network := networks[name])},
        }
        _draw(folder / f"light_modules-{task}.png", cases, restorers)
    return [f"light_modules-{task}.png" for task in shown]


def _draw(path: Path, cases: Sequence[Case], restorers: Mapping[str, Restore]) -> None:
    columns = [(name, [_rgb(restored(case, restore)) for case in cases]) for name, restore in restorers.items()]
    draw_crops(path, [*columns, ("truth", [_rgb(case.wanted) for case in cases])], _SHOWN)


def _rgb(frame: Frame) -> Frame:
    return np.repeat(frame, 3 // frame.shape[2], 2)
