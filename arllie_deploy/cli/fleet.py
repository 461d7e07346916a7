"""The fleet of `arllie-bench --devices`: all devices at once, with a live table on stderr."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from arllie_deploy.bench.fleet import Fleet, Order, Standing

_STYLES = {"running": "cyan", "done": "green", "failed": "red"}


def run_devices(file: Path, order: "Order") -> "Fleet":
    """Run every device that `file` names.

    Raises:
        ArllieError: if the file is wrong; nothing has been started then.
    """
    from rich.console import Console
    from rich.live import Live

    from arllie_deploy.bench.fleet import run_fleet
    from arllie_deploy.bench.fleet_file import read_fleet

    devices = read_fleet(file)
    console = Console(stderr=True)
    if not console.is_terminal:
        return run_fleet(devices, order)
    with Live(console=console, refresh_per_second=4) as live:
        return run_fleet(devices, order, lambda standings: live.update(_table(standings)))


def _table(standings: "Sequence[Standing]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table("device", "kind", "status", "seconds", "", box=None, pad_edge=False)
    for standing in standings:
        # Text, not markup: a reason may come from another machine.
        phase = Text(standing.phase, style=_STYLES[standing.phase])
        kind, seconds = standing.device.kind, f"{standing.seconds:.0f}"
        table.add_row(Text(standing.device.name), kind, phase, seconds, Text(standing.text))
    return table
