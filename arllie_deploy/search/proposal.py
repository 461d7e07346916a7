"""A proposal: one whole search, tier after tier, each decision frozen before the next tier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from arllie_deploy.reparam.structure import Cell, Structure
from arllie_deploy.search.bilevel import AnyTier, TierHistory, search_tier
from arllie_deploy.search.scenes import Scenes
from arllie_deploy.search.settings import HyperParameters, SearchSettings
from arllie_deploy.search.tiers import CellTier, DepthTier, WidthTier
from arllie_deploy.training.data import FrameStore

TIERS = (WidthTier.name, DepthTier.name, CellTier.name)


@dataclass(frozen=True)
class Proposal:
    """The structure of one search and how each tier came to it."""

    structure: Structure
    histories: tuple[TierHistory, ...]


def propose(
    scenes: Scenes,
    store: FrameStore,
    settings: SearchSettings,
    chosen: HyperParameters,
    report: Callable[[str, int], None],
) -> Proposal:
    """Search width, depth and cells; a pure function of the pictures, `settings` and `chosen`.

    Args:
        scenes: the pictures.
        store: of decoded frames.
        settings: steps of each tier, crops, loss and epilogue.
        chosen: seed, rates and width.
        report: told the tier and the number of its finished steps.

    Raises:
        CheckFailedError: if a loss or a gradient is not finite.
    """
    histories: list[TierHistory] = []

    def search(build: Callable[[], AnyTier]) -> AnyTier:
        name = TIERS[len(histories)]
        tier, history = search_tier(build, scenes, store, settings, chosen, lambda step: report(name, step))
        histories.append(history)
        return tier

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(chosen.seed)
        branches = search(lambda: WidthTier(chosen.mid_width)).decide()
        depths = search(lambda: DepthTier(branches, chosen.mid_width)).decide()
        operations = search(lambda: CellTier(depths, chosen.mid_width)).decide()
    cells = tuple(tuple(Cell(name) for name in branch) for branch in operations)
    return Proposal(Structure(cells, chosen.mid_width), tuple(histories))
