import json
import math
from pathlib import Path

import numpy as np
import pytest
from support.picture_files import random_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.pictures.pairs import find_pairs, read_pairs
from arllie_deploy.quality.evaluation import evaluate
from arllie_deploy.quality.metrics import find_metrics


def test_the_mean_is_over_the_scores_of_the_pictures() -> None:
    high = np.full((12, 12, 3), 100, np.uint8)
    pairs = [("a", high + np.uint8(1), high), ("b", high + np.uint8(10), high)]
    evaluation = evaluate(pairs, lambda frame: frame, find_metrics("psnr"))
    scores = [20 * math.log10(255 / step) for step in (1, 10)]
    assert [picture.scores["psnr"] for picture in evaluation.pictures] == pytest.approx(scores)
    assert evaluation.means == {"psnr": pytest.approx(sum(scores) / 2)}


def test_it_is_the_models_output_that_is_scored() -> None:
    low, high = random_pixels(12, 12), random_pixels(12, 12, seed=1)
    evaluation = evaluate([("a", low, high)], lambda frame: high, find_metrics("psnr,ssim"))
    assert evaluation.means["psnr"] == math.inf
    assert evaluation.means["ssim"] == pytest.approx(1.0)
    assert json.loads(json.dumps(evaluation.to_json(), allow_nan=False)) == {
        "pictures": [{"name": "a", "psnr": None, "ssim": pytest.approx(1.0)}],
        "means": {"psnr": None, "ssim": pytest.approx(1.0)},
    }


def test_a_pair_that_cannot_be_compared_is_named() -> None:
    with pytest.raises(ArllieError, match="picture b: SSIM needs at least 11×11"):
        evaluate([("b", random_pixels(5, 5), random_pixels(5, 5))], lambda frame: frame, find_metrics("ssim"))


def test_no_pairs_are_refused() -> None:
    with pytest.raises(ArllieError, match="no pairs to evaluate"):
        evaluate([], lambda frame: frame, find_metrics("psnr"))


def test_the_dark_pictures_of_the_lol_test_set_have_the_known_scores(shared_data: Path) -> None:
    pairs = find_pairs(shared_data / "lol" / "eval15")
    evaluation = evaluate(read_pairs(pairs), lambda frame: frame, find_metrics("psnr,ssim"))
    assert len(evaluation.pictures) == 15
    assert evaluation.means["psnr"] == pytest.approx(7.773, abs=5e-4)
    # Of Wang's Gaussian window; the uniform 7×7 window that is scikit-image's default gives .1914.
    assert evaluation.means["ssim"] == pytest.approx(0.1952, abs=5e-5)
