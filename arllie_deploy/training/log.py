"""The log of a run as CSV and as a picture of its curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from arllie_deploy.atomic import replacing, write_text

LOG_NAME = "log.csv"
CURVE_NAME = "curve.png"


@dataclass(frozen=True)
class Row:
    """One evaluation: `loss` is the mean over the steps since the last one; figures that do not exist are None.

    `clamped_share` is that of the values on the validation pictures that lie beyond [0, 1] and are cut off.
    """

    step: int
    loss: float
    learning_rate: float
    validation_loss: float | None
    validation_psnr_db: float | None
    clamped_share: float | None = None


def write_log(rows: Sequence[Row], folder: Path) -> None:
    """Replace `log.csv` in `folder`."""
    names = [field.name for field in fields(Row)]
    lines = [",".join("" if getattr(row, name) is None else repr(getattr(row, name)) for name in names) for row in rows]
    write_text(folder / LOG_NAME, "\n".join([",".join(names), *lines]) + "\n")


def write_curve(rows: Sequence[Row], title: str, folder: Path) -> None:
    """Replace `curve.png` in `folder`: loss on the left axis, validation PSNR on the right one."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    left = figure.subplots()
    steps = [row.step for row in rows]
    left.plot(steps, [row.loss for row in rows], color="tab:blue", label="training loss")
    if any(row.validation_loss is not None for row in rows):
        values = [float("nan") if row.validation_loss is None else row.validation_loss for row in rows]
        left.plot(steps, values, color="tab:cyan", label="validation loss")
    left.set(xlabel="step", ylabel="loss", yscale="log", title=title)
    left.grid(alpha=0.3)
    if any(row.validation_psnr_db is not None for row in rows):
        right = left.twinx()
        psnr = [float("nan") if row.validation_psnr_db is None else row.validation_psnr_db for row in rows]
        right.plot(steps, psnr, color="tab:orange", label="validation PSNR")
        right.set_ylabel("PSNR (dB)")
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    with replacing(folder / CURVE_NAME) as temporary:
        figure.savefig(temporary, dpi=120, metadata={"Software": None})
