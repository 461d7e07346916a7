"""The picture of the architecture weights over the steps, one panel per decision."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from arllie_deploy.atomic import replacing
from arllie_deploy.search.bilevel import TierHistory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

_COLUMNS = 3


def write_curves(histories: Sequence[TierHistory], title: str, path: Path) -> None:
    """Replace `path` (PNG): a row of panels per tier and below it the names of its candidates."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = [ceil(len(history.decisions) / _COLUMNS) for history in histories]
    figure = Figure(figsize=(11, 1.0 + sum(2.0 * count + 0.9 for count in rows)), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    parts = figure.subfigures(len(histories), 1, height_ratios=[2.0 * count + 0.9 for count in rows], squeeze=False)
    for part, history, count in zip(parts[:, 0], histories, rows, strict=True):
        _draw_tier(part, history, count)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=100, metadata={"Software": None})


def _draw_tier(part: SubFigure, history: TierHistory, rows: int) -> None:
    from matplotlib import colormaps

    colors = colormaps["tab20" if len(history.candidates) > 10 else "tab10"].colors  # type: ignore[attr-defined]
    columns = min(_COLUMNS, len(history.decisions))
    axes = part.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    panels: list[Axes] = list(axes.flat)
    for panel, (decision, values) in zip(panels, history.decisions.items(), strict=False):
        for index, name in enumerate(history.candidates):
            panel.plot(history.steps, [row[index] for row in values], color=colors[index], label=name)
        panel.set_title(decision, fontsize=10)
        panel.grid(alpha=0.3)
    for panel in panels[len(history.decisions) :]:
        panel.set_axis_off()
    part.suptitle(f"{history.tier} tier", fontsize=11, fontweight="bold")
    part.supxlabel("step", fontsize=9)
    part.supylabel("probability", fontsize=9)
    part.legend(*panels[0].get_legend_handles_labels(), loc="outside right center", frameon=False, fontsize=8)
