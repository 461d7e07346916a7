import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.pictures import make_pairs, save_png, scene

from arllie_deploy.results import light_modules_upsamplers as upsamplers
from arllie_deploy.results.light_modules import make_page
from arllie_deploy.results.light_modules_cost import Budget, Cost, budget_table, cost_table, seconds_of_step
from arllie_deploy.results.light_modules_scores import DENOISERS, FILLERS, RESOLVERS
from arllie_deploy.results.light_modules_upsamplers import ARMS, SEEDS, recipe_of
from arllie_deploy.training.smaller_pictures import reduced


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """LOL's folder, the gray pictures' and those of super-resolution, in small."""
    folder = tmp_path_factory.mktemp("data")
    make_pairs(folder / "lol" / "train", 13, width=100, height=96)
    make_pairs(folder / "lol" / "train_crops", 13, width=100, height=96)
    make_pairs(folder / "lol" / "eval15", 1, width=96, height=80)
    for name in ("bsd68", "set12"):
        save_png(folder / "denoise" / name / "1.png", scene(5, 64, 64)[..., :1].repeat(3, 2))
    for name in ("set5", "set14"):
        picture = scene(6, 96, 64)
        save_png(folder / "sr" / name / "hr" / "1.png", picture)
        save_png(folder / "sr" / name / "lr" / "1.png", reduced(picture))
    return folder


def test_the_page_names_every_network_that_is_absent(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upsamplers, "_STEPS", 1)
    monkeypatch.setattr(upsamplers, "SEEDS", (1, 2))
    monkeypatch.setattr(upsamplers, "ARMS", ARMS[:2])
    monkeypatch.setattr("arllie_deploy.results.light_modules.find_networks", lambda names, _: dict.fromkeys(names))
    out = tmp_path / "out"
    make_page(data / "lol", data / "denoise", data / "sr", out, tmp_path / "work", None)
    page, numbers = (out / "light_modules.md").read_text(), json.loads((out / "light_modules.json").read_text())
    for names, task, kind in (
        (DENOISERS, "denoising", "BSD68"),
        (RESOLVERS, "super-resolution", "Set5"),
        (FILLERS, "inpainting", "held out (4)"),
    ):
        assert all(numbers[task][kind][name] is None for name in names)
        assert all(f"| {name} | no network file |" in page for name in names)
        assert (out / f"light_modules-{task}.png").is_file()
        assert f"](light_modules-{task}.png)" in page
    assert f"| bicubic | {numbers['super-resolution']['Set5']['bicubic']['psnr_db']:.2f} |" in page
    assert len(numbers["upsamplers"]) == 4


def test_costs_and_budgets_are_told_or_named_as_absent() -> None:
    text = cost_table({"dncnn": Cost(556_032, 36.3e9, 412.4), "light-dncnn": None})
    assert "| dncnn | 556,032 | 36.300 | 412 |" in text
    assert "| light-dncnn | no network file |  |  |" in text
    text = budget_table({"dncnn": Budget(3000, 4, 40, 13.4), "light-dncnn": None})
    assert "| dncnn | 3,000 | 4 | 40×40 | 13 |" in text
    assert "| light-dncnn | no network file |" in text


def test_a_step_takes_time() -> None:
    recipe = recipe_of(ARMS[0], SEEDS[0])
    assert 0.0 < seconds_of_step(replace(recipe, data=replace(recipe.data, crop=64, batch=1))) < 60.0
