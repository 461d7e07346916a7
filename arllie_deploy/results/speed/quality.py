"""What is known of the quality of what was timed: PSNR and SSIM on LOL's test pairs, and where each figure is from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from arllie_deploy.errors import ArllieError
from arllie_deploy.results.quality.rivals import RIVALS

RELEASED = "released weights, run by us"
# Row of the table of peers -> the name under which results.quality lists the network.
_RIVALS = {"sci": "SCI", "ruas-lol": "RUAS", "zero-dce-pp": "Zero-DCE++", "zero-ig": "ZeroIG"}


@dataclass(frozen=True)
class Quality:
    """PSNR in dB and SSIM, means over the 15 pairs, and whose figures they are; None where nobody says."""

    psnr: float
    ssim: float | None
    source: str


# What results.quality has no row for: the weights that end before RUAS's denoiser, and a network that was not run here.
_OTHERS = {
    "ruas-dark": Quality(16.19, 0.471, RELEASED),
    "mobile-ie": Quality(23.63, None, "others' reproduction, github.com/38260/MobileIE-repro; not run by us"),
}


def of_peers() -> dict[str, Quality]:
    """Row of the table of peers -> the quality of the network whose shape it has."""
    rivals = {rival.name: rival for rival in RIVALS}
    found = {peer: rivals[name] for peer, name in _RIVALS.items()}
    return {**{peer: Quality(rival.psnr, rival.ssim, RELEASED) for peer, rival in found.items()}, **_OTHERS}


def of_ours(numbers: Path) -> dict[str, Quality]:
    """Shipped model -> its quality, from the numbers that `make results-quality` wrote.

    Raises:
        ArllieError: if they are not there or not these numbers.
    """
    try:
        pairs: Mapping[str, Mapping[str, float]] = json.loads(numbers.read_text())["test_pairs"]
        return {name: Quality(float(score["psnr"]), float(score["ssim"]), "ours") for name, score in pairs.items()}
    except FileNotFoundError:
        raise ArllieError(f"{numbers}: no such file; make results-quality writes it") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ArllieError(f"{numbers}: not the numbers of results-quality; make results-quality writes them") from None
