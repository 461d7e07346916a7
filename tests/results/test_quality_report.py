from dataclasses import replace

import pytest
from support.enhancers import random_adaptive, random_enhancer

from arllie_deploy.quality.flicker import Flicker, Fluctuation
from arllie_deploy.results.quality.entries import GROUPS, Entry
from arllie_deploy.results.quality.report import OtherRow, parts, pooled
from arllie_deploy.results.quality.scores import Score

GOOD, BAD = Score(19.5, 0.75, 21.0, 9.0), Score(15.0, 0.5, 18.0, 12.0)
STEADY = Flicker(30, 3.0, Fluctuation(0.1, 0.2, 0.7), Fluctuation(0.1, 0.2, 0.8))


def seed(number: int) -> Entry:
    model = replace(random_adaptive(seed=number), provenance={"validation": {"psnr_db": 21.25}})
    return Entry(f"arllie-adaptive-seed{number}", model, GROUPS["arllie-adaptive-seed"])


def page(seed_score: Score, others: dict[str, Score]) -> str:
    entries = [Entry("arllie-lol", random_enhancer()), seed(0), seed(1)]
    scored = {"arllie-lol": BAD, "arllie-adaptive-seed0": seed_score, "arllie-adaptive-seed1": seed_score}
    rows = [OtherRow("set5", 5, -2, others)]
    return "\n\n".join(parts({"the input itself": BAD}, entries, scored, rows, {"arllie-lol": STEADY}))


def test_goals_are_judged_by_the_mean_over_the_seeds() -> None:
    champion = {"automatic gain": BAD, "arllie-adaptive": GOOD}
    assert "the goal of 19.2 dB and SSIM 0.74 is reached" in page(GOOD, champion)
    assert "the goal of 19.2 dB and SSIM 0.74 is not reached" in page(replace(GOOD, ssim=0.7), champion)


def test_rows_that_are_lost_are_named() -> None:
    assert "highest PSNR on all 1 rows" in page(GOOD, {"automatic gain": BAD, "arllie-adaptive": GOOD})
    lost = page(GOOD, {"automatic gain": GOOD, "arllie-adaptive": BAD})
    assert "highest PSNR on 0 of 1 rows" in lost
    assert "set5 at −2 EV (automatic gain)" in lost


def test_the_pooled_row_weighs_every_picture_the_same() -> None:
    rows = [OtherRow("a", 1, -2, {"x": GOOD}), OtherRow("b", 3, -2, {"x": BAD}), OtherRow("a", 1, -3, {"x": GOOD})]
    first, second = pooled(rows)
    assert (first.pictures, first.count, first.ev, second.count) == ("all", 4, -2, 1)
    assert first.scores["x"].psnr == pytest.approx((19.5 + 3 * 15.0) / 4)
    assert second.scores["x"] == GOOD


def test_every_seed_has_its_row_and_hash() -> None:
    text = page(GOOD, {"automatic gain": BAD, "arllie-adaptive": GOOD})
    for number in (0, 1):
        assert f"arllie-adaptive-seed{number}" in text
        assert seed(number).model.sha256[:12] in text
    assert "21.25" in text
    assert "| FLW-Net | 17,373 | 19.22 | 0.81 |" in text
