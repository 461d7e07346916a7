import json
import math
from pathlib import Path

import numpy as np
import pytest
from support.picture_files import random_pixels

from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.pictures.pairs import find_pairs, read_pairs
from arllie_deploy.quality.evaluation import Compared, evaluate, find_figures
from arllie_deploy.quality.metrics import Metric, find_metrics
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.quality.subject import Subject

SAME = Subject(lambda frame: frame)


def test_the_mean_is_over_the_scores_of_the_pictures() -> None:
    high = np.full((12, 12, 3), 100, np.uint8)
    pairs = [("a", high + np.uint8(1), high), ("b", high + np.uint8(10), high)]
    evaluation = evaluate(pairs, SAME, find_metrics("psnr"))
    scores = [20 * math.log10(255 / step) for step in (1, 10)]
    assert [picture.scores["psnr"] for picture in evaluation.pictures] == pytest.approx(scores)
    assert evaluation.means == {"psnr": pytest.approx(sum(scores) / 2)}


def test_it_is_the_models_output_that_is_scored() -> None:
    low, high = random_pixels(12, 12), random_pixels(12, 12, seed=1)
    evaluation = evaluate([("a", low, high)], Subject(lambda frame: high), find_metrics("psnr,ssim"))
    assert evaluation.means["psnr"] == math.inf
    assert evaluation.means["ssim"] == pytest.approx(1.0)
    assert json.loads(json.dumps(evaluation.to_json(), allow_nan=False)) == {
        "pictures": [{"name": "a", "psnr": None, "ssim": pytest.approx(1.0)}],
        "means": {"psnr": None, "ssim": pytest.approx(1.0)},
        "skipped": {},
    }


def test_probes_stand_beside_metrics() -> None:
    low, high = random_pixels(12, 12) // 8, random_pixels(12, 12)
    evaluation = evaluate([("a", low, high)], Subject(lambda frame: frame * 4), find_figures("noise-gain,psnr"))
    assert evaluation.metrics == ("noise-gain", "psnr")
    assert evaluation.means == {"noise-gain": pytest.approx(4.0), "psnr": psnr(low * 4, high)}


def test_a_figure_that_cannot_be_computed_is_skipped_with_its_reason() -> None:
    frame = random_pixels(12, 12)
    missing = Metric("far", "", 1, "lower", lambda a, b: 1 / 0, lambda: "it is far away: walk")
    evaluation = evaluate([("a", frame, frame)], SAME, [missing, *find_metrics("ssim")])
    assert (evaluation.metrics, evaluation.skipped) == (("ssim",), {"far": "it is far away: walk"})
    assert evaluation.to_json()["means"] == {"far": None, "ssim": pytest.approx(1.0)}
    assert evaluation.to_json()["pictures"] == [{"name": "a", "far": None, "ssim": pytest.approx(1.0)}]
    with pytest.raises(UnavailableError, match="it is far away: walk"):
        evaluate([("a", frame, frame)], SAME, [missing])


def test_a_figure_that_a_picture_does_not_allow_is_null_in_json() -> None:
    black, high = np.zeros((12, 12, 3), np.uint8), random_pixels(12, 12)
    evaluation = evaluate([("a", black, high)], SAME, find_figures("noise-gain-relative"))
    assert evaluation.to_json()["means"] == {"noise-gain-relative": None}


def test_observers_see_each_picture_with_its_frames() -> None:
    low, high = random_pixels(12, 12), random_pixels(12, 12, seed=1)
    seen: list[Compared] = []
    evaluation = evaluate([("a", low, high)], Subject(lambda frame: 255 - frame), find_metrics("psnr"), [seen.append])
    assert [compared.scored for compared in seen] == list(evaluation.pictures)
    assert seen[0].low is low
    assert seen[0].high is high
    assert np.array_equal(seen[0].output, 255 - low)


def test_a_pair_that_cannot_be_compared_is_named() -> None:
    with pytest.raises(ArllieError, match="picture b: SSIM needs at least 11×11"):
        evaluate([("b", random_pixels(5, 5), random_pixels(5, 5))], SAME, find_metrics("ssim"))


def test_no_pairs_are_refused() -> None:
    with pytest.raises(ArllieError, match="no pairs to evaluate"):
        evaluate([], SAME, find_metrics("psnr"))


def test_the_dark_pictures_of_the_lol_test_set_have_the_known_scores(shared_data: Path) -> None:
    pairs = find_pairs(shared_data / "lol" / "eval15")
    evaluation = evaluate(read_pairs(pairs), SAME, find_metrics("psnr,ssim"))
    assert len(evaluation.pictures) == 15
    assert evaluation.means["psnr"] == pytest.approx(7.773, abs=5e-4)
    # Of Wang's Gaussian window; the uniform 7×7 window that is scikit-image's default gives .1914.
    assert evaluation.means["ssim"] == pytest.approx(0.1952, abs=5e-5)
