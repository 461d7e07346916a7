import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from support.pictures import make_pairs
from support.trainings import made_up

from arllie_deploy import ArllieError
from arllie_deploy.models.sad_unet.config import SadUnetConfig
from arllie_deploy.results import sad_unet_latency as latency
from arllie_deploy.results import sad_unet_trainings as trainings
from arllie_deploy.results.sad_unet import page_parts, rows
from arllie_deploy.results.sad_unet_latency import Cost, key, measure_once
from arllie_deploy.results.sad_unet_trainings import ARMS, SEEDS, WIDTHS, Arm, recipe_of, run

# The same training on small squares, for a few steps.
TINY = Arm("tiny", {"stem": 16, "expansion": 1})


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pairs(tmp_path_factory.mktemp("pairs"), 14, width=64, height=64)


def test_every_idea_is_switched_once_and_everything_else_stays() -> None:
    reference = recipe_of(ARMS[0], SEEDS[0])
    assert len(SEEDS) >= 3
    assert {arm.name for arm in ARMS} >= {"stem 16", "no FPN", "no distillation", "ReLU", "plain depthwise", "gain 1"}
    for arm in (*ARMS[1:], *WIDTHS):
        recipe = recipe_of(arm, SEEDS[0])
        changed = {**recipe.network.arguments, "distillation": recipe.distillation}
        before = {**SadUnetConfig().to_json(), **reference.network.arguments, "distillation": reference.distillation}
        assert sum(before[name] != value for name, value in changed.items()) == 1, arm.name
        assert replace(recipe, network=reference.network, distillation=reference.distillation) == reference


def test_the_page_has_every_row_with_its_cost() -> None:
    everybody = (*ARMS, *WIDTHS)
    gains = {arm.name: [15.0, 16.0, 17.0] for arm in everybody} | {"ReLU": [15.4, 16.4, 17.5]}
    measured = made_up(gains)
    costs = {key(recipe_of(arm, SEEDS[0]).network.arguments): Cost(1234, 5_000_000, 78.9) for arm in everybody}
    found = rows(measured, ARMS, costs)
    assert [row[0] for row in found] == [arm.name for arm in ARMS]
    assert found[0][1:4] == ["16.00 ± 1.00", "", ""]
    relu = next(row for row in found if row[0] == "ReLU")
    assert relu[2:4] == ["0.43 ± 0.06", "better"]
    assert relu[-3:] == ["1,234", "5", "79"]
    text = "\n".join(page_parts(measured, costs))
    assert f"over {len(SEEDS)} seeds:** ReLU (better)." in text
    assert f"{len(measured)} minutes of one core" in text


def test_a_finished_training_is_not_repeated_and_one_of_another_recipe_is_refused(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainings, "_STEPS", 2)
    first = run([TINY], [1], pairs, tmp_path)
    assert 0.0 < first[0].psnr_db < 60.0
    assert 0.0 < first[0].ssim < 1.0
    file = tmp_path / "tiny-1.json"
    file.write_text(json.dumps({**asdict(first[0]), "psnr_db": 12.5}))
    assert run([TINY], [1], pairs, tmp_path)[0].psnr_db == 12.5
    monkeypatch.setattr(trainings, "_STEPS", 3)
    with pytest.raises(ArllieError, match=r"tiny-1\.json: a result of another recipe or other pictures"):
        run([TINY], [1], pairs, tmp_path)


@pytest.mark.filterwarnings("ignore")  # torch's exporter warns about itself
def test_what_a_frame_costs_is_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "SIZE", (96, 40))
    small, file = {"width": 0.25, "stem": 16, "expansion": 1}, tmp_path / "costs.json"
    file.write_text(json.dumps({key({"width": 0.5}): asdict(Cost(1, 2, 3.0))}))
    [(name, cost)] = measure_once([small], file).items()
    assert (name, cost.parameters, cost.macs) == (key(small), 104_963, 92_889_088)
    assert cost.milliseconds > 0.0
    file.write_text(json.dumps({name: asdict(replace(cost, milliseconds=7.0))}))
    assert measure_once([small], file) == {name: replace(cost, milliseconds=7.0)}
