from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.pictures import save_png
from support.searches import TINY, make_scenes, scenes_of

from arllie_deploy import CheckFailedError
from arllie_deploy.reparam.operations import OPERATIONS
from arllie_deploy.search.judge import judge
from arllie_deploy.search.proposal import TIERS, propose
from arllie_deploy.search.scenes import Scenes
from arllie_deploy.search.settings import HyperParameters, SearchSettings
from arllie_deploy.training.data import FrameStore

CHOSEN = HyperParameters(seed=3, mid_width=4, learning_rate=1e-3, architecture_rate=0.3)


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Scenes:
    return scenes_of(make_scenes(tmp_path_factory.mktemp("pairs")))


def quiet(*_: object) -> None: ...


def test_three_tiers_give_a_structure_and_the_way_to_it(scenes: Scenes) -> None:
    said: list[tuple[str, int]] = []
    found = propose(scenes, FrameStore(), TINY, CHOSEN, lambda tier, step: said.append((tier, step)))
    assert said == [(tier, step + 1) for tier in TIERS for step in range(TINY.tier_steps)]
    assert tuple(history.tier for history in found.histories) == TIERS
    width, depth, cell = found.histories
    assert len(depth.decisions) == len(found.structure.branches)
    assert len(cell.decisions) == sum(len(branch) for branch in found.structure.branches)
    for history in found.histories:
        assert history.steps == tuple(range(TINY.tier_steps + 1))
        for rows in history.decisions.values():
            assert all(sum(row) == pytest.approx(1.0, abs=0.002) for row in rows)
            assert rows[0] != rows[-1]
    most_likely = max(range(4), key=lambda index: width.decisions["branches"][-1][index])
    assert most_likely + 1 == len(found.structure.branches)
    for branch in found.structure.branches:
        assert sum(OPERATIONS[one.operation].spatial for one in branch) <= 1
        assert not any(one.norm for one in branch)


def test_a_proposal_is_a_function_of_its_hyper_parameters(scenes: Scenes) -> None:
    first, again = (propose(scenes, FrameStore(), TINY, CHOSEN, quiet) for _ in range(2))
    assert first == again
    other = propose(scenes, FrameStore(), TINY, replace(CHOSEN, seed=4), quiet)
    assert other.histories != first.histories


def test_logits_learn_from_one_half_and_weights_from_the_other(scenes: Scenes) -> None:
    read: dict[str, list[Path]] = {"architecture": [], "weights": []}

    class Recorder(FrameStore):
        def get(self, path: Path) -> np.ndarray:
            part = "weights" if path in [s.low for s in scenes.weights] + [s.high for s in scenes.weights] else None
            part = part or ("architecture" if path.stem in {s.name for s in scenes.architecture} else "other")
            read[part].append(path)  # a KeyError for a picture of the judged or tested scenes
            return super().get(path)

    propose(scenes, Recorder(), TINY, CHOSEN, quiet)
    assert len(read["weights"]) == len(read["architecture"]) == 2 * len(TIERS) * TINY.tier_steps * TINY.training.batch


def test_a_rate_that_diverges_is_an_error_that_names_step_tier_and_pictures(scenes: Scenes) -> None:
    with pytest.raises(
        CheckFailedError, match=r"step \d+ of the width tier: the loss or its gradient is not finite on"
    ):
        propose(scenes, FrameStore(), TINY, replace(CHOSEN, learning_rate=1e30), quiet)


@pytest.mark.parametrize("pixels", [lambda n: 0, lambda n: 255, lambda n: 10 * n])
def test_constant_pictures_are_searched_and_judged_without_harm(pixels: Callable[[int], int], tmp_path: Path) -> None:
    make_scenes(tmp_path)
    for number in range(8):
        for side in ("low", "high"):
            save_png(tmp_path / side / f"{number}.png", np.full((16, 16, 3), pixels(number), np.uint8))
    scenes, store = scenes_of(tmp_path), FrameStore()
    found = propose(scenes, store, TINY, CHOSEN, quiet)
    judged = judge(found.structure, scenes.learned, scenes.judged, store, TINY.training, TINY.judge_seeds(), quiet)
    assert np.isfinite(judged.loss)
    assert all(score.psnr_db is None or np.isfinite(score.psnr_db) for score in judged.scores)


def test_judging_is_repeatable_and_sees_which_training_got_further(scenes: Scenes) -> None:
    structure = propose(scenes, FrameStore(), TINY, CHOSEN, quiet).structure

    def judged(settings: SearchSettings) -> float:
        seeds = settings.judge_seeds()
        return judge(structure, scenes.learned, scenes.judged, FrameStore(), settings.training, seeds, quiet).loss

    longer = replace(TINY, training=replace(TINY.training, steps=60))
    assert judged(TINY) == judged(TINY)
    assert judged(longer) < judged(TINY)


def test_hyper_parameters_and_judges_are_functions_of_the_seed() -> None:
    assert TINY.hyper_parameters(4) == TINY.hyper_parameters(4)
    assert TINY.hyper_parameters(4) != TINY.hyper_parameters(5)
    assert TINY.judge_seeds() != replace(TINY, seed=6).judge_seeds()
    assert not set(TINY.judge_seeds()) & set(TINY.test_seeds())
    assert len(set(TINY.judge_seeds())) == TINY.judges >= 3
