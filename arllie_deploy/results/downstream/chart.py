"""The plot: share of the targets found against exposure, a panel per detector, a line per enhancer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from arllie_deploy.results.downstream.contestants import BASELINE, CONTESTANTS
from arllie_deploy.results.downstream.interval import wilson
from arllie_deploy.results.downstream.study import Count
from arllie_deploy.results.downstream.subjects import SUBJECTS
from arllie_deploy.results.page import plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Shifts the lines against each other, so that their intervals can be told apart; in EV.
_APART = 0.06


def draw(counts: Sequence[Count], path: Path) -> None:
    """Replace the plot at `path`."""
    subjects = list(dict.fromkeys(count.subject for count in counts))
    with plot(path, width=3.6 * len(subjects), height=4.2) as figure:
        panels = figure.subplots(1, len(subjects), sharey=True, squeeze=False)[0]
        for panel, subject in zip(panels, subjects, strict=True):
            _panel(panel, [count for count in counts if count.subject == subject])
            panel.set_title(SUBJECTS[subject].title)
        panels[0].set_ylabel("found (%)")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)


def _panel(panel: Axes, counts: Sequence[Count]) -> None:
    names = list(dict.fromkeys(count.contestant for count in counts))
    for place, name in enumerate(names):
        line = [count for count in counts if count.contestant == name]
        stops = [count.ev + _APART * (place - (len(names) - 1) / 2) for count in line]
        rates = [100 * count.rate for count in line]
        ends = [wilson(count.found, count.total) for count in line]
        below = [max(rate - 100 * low, 0.0) for rate, (low, _) in zip(rates, ends, strict=True)]
        above = [max(100 * high - rate, 0.0) for rate, (_, high) in zip(rates, ends, strict=True)]
        is_baseline = name == BASELINE
        panel.errorbar(
            stops,
            rates,
            yerr=[below, above],
            label=CONTESTANTS[name].title,
            color="black" if is_baseline else f"C{list(CONTESTANTS).index(name) - 1}",
            linestyle="--" if is_baseline else "-",
            marker="o",
            markersize=3.5,
            linewidth=1.4,
            elinewidth=0.7,
            zorder=3 if is_baseline else 2,
        )
    panel.set(xlabel="exposure (EV)", xticks=sorted({count.ev for count in counts}), ylim=(-3, 103))
    panel.invert_xaxis()
    panel.grid(alpha=0.3)
