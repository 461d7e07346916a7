"""What LW-ISP costs on paper beside PyNET, which its abstract compares itself with: the table of `docs/results`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from arllie_deploy.results.page import table

if TYPE_CHECKING:
    from arllie_deploy.models.lw_isp.config import LwIspConfig
    from arllie_deploy.models.lw_isp.cost import Cost

# Sides of the two grids: a mosaic of 448×448, PyNET's patch, is 224×224 when it is packed to four planes.
GRIDS = (224, 448)
# Level 0 of https://github.com/aiff22/PyNET-PyTorch, counted from its code. Every layer of it costs by the pixel.
PYNET_PARAMETERS, PYNET_MACS = 47_554_738, 342.2e9


@dataclass(frozen=True)
class Row:
    """One network; `costs` are on the two grids, both as the size of the network's own input."""

    name: str
    costs: tuple[Cost, ...]


def configurations() -> dict[str, LwIspConfig]:
    """Name in the table -> network."""
    from arllie_deploy.models.lw_isp.config import LwIspConfig

    rgb, raw = LwIspConfig(), LwIspConfig(head="raw")
    return {
        "RGB, as published": rgb,
        "RAW, 1×1 and pixel shuffle": raw,
        "RAW, 3×3 and pixel shuffle": LwIspConfig(head="raw", last="conv3"),
        "RAW, upsampling block": LwIspConfig(head="raw", last="block"),
        "RGB, for delegates": rgb.for_delegates(),
        "RAW, for delegates": raw.for_delegates(),
    }


def count() -> list[Row]:
    """PyNET as counted by others and every configuration as counted here."""
    from arllie_deploy.models.lw_isp.cost import Cost, cost_of

    pixels = [(side / GRIDS[0]) ** 2 for side in GRIDS]
    pynet = tuple(Cost(PYNET_PARAMETERS, round(PYNET_MACS * share)) for share in pixels)
    rows = [Row("PyNET, level 0", pynet)]
    for name, config in configurations().items():
        rows.append(Row(f"LW-ISP {name}", tuple(cost_of(config, side, side) for side in GRIDS)))
    return rows


def cost_table(rows: list[Row]) -> str:
    """The table in Markdown, and what its columns mean.

    Args:
        rows: the first is what the others are compared with.
    """
    reference = rows[0].costs[0]
    packed, full = (f"GMAC at {side}×{side}" for side in GRIDS)
    cells = [
        [
            row.name,
            f"{row.costs[0].parameters:,}",
            f"{reference.parameters / row.costs[0].parameters:.1f}×",
            *(f"{cost.macs / 1e9:.3f}" if row is not rows[0] else f"{cost.macs / 1e9:.1f}" for cost in row.costs),
            f"{reference.macs / row.costs[0].macs:.1f}×",
        ]
        for row in rows
    ]
    header = ["network", "parameters", "fewer than PyNET", packed, full, "less than PyNET, same grid"]
    return (
        f"{table(header, cells)}\n\n"
        "A multiply-accumulate (MAC) is a product of a convolution or linear layer; biases, activations and what an "
        "attention multiplies are not counted, and a block that is used twice counts twice. Sizes are those of the "
        "network's own input. A mosaic of 448×448 is 224×224 in four planes: for such a frame PyNET and the RAW heads "
        "cost what the first grid says, and an RGB head for a picture of 448×448 what the second one says. PyNET is "
        "counted from https://github.com/aiff22/PyNET-PyTorch at 224×224; at 448×448 it is four times that, as all its "
        "layers cost by the pixel. The abstract's 23× and 81× are against PyNET; the second one holds only where "
        "doubling the sides is nearly free. What doubles them in the published RAW network is not known."
    )
