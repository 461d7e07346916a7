from dataclasses import replace
from pathlib import Path

import pytest
from support.pictures import make_pairs

from arllie_deploy.results import light_modules_upsamplers as upsamplers
from arllie_deploy.results.light_modules_upsamplers import (
    ARMS,
    SEEDS,
    arguments_of,
    parameters_of,
    recipe_of,
    run,
    upsamplers_part,
)
from arllie_deploy.results.short_trainings import REFERENCE, Measured
from arllie_deploy.training.data import Split, find_clean_to_learn


def test_the_rows_differ_in_their_upsampler_alone() -> None:
    assert len(SEEDS) >= 3
    assert {arm.sampling for arm in ARMS} == {"shuffle", "separable", "own", "nearest"}
    reference = recipe_of(ARMS[0], SEEDS[0])
    for arm in ARMS[1:]:
        other = recipe_of(arm, SEEDS[0])
        assert other.network.arguments == {**reference.network.arguments, "sampling": arm.sampling}
        assert replace(other, network=reference.network) == reference


def test_a_full_sub_pixel_convolution_has_most_parameters_and_resizing_needs_none() -> None:
    full, separable, bilinear, nearest = map(parameters_of, ARMS)
    assert full > separable > bilinear == nearest
    assert "sampling" in arguments_of(ARMS[0])


def test_every_row_is_trained_once_and_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upsamplers, "_STEPS", 1)
    samples = find_clean_to_learn(make_pairs(tmp_path / "pairs", 3, width=100, height=96))
    split, work = Split(samples[:2], samples[2:]), tmp_path / "work"
    found = run(ARMS[:2], SEEDS[:1], split, work)
    assert [(one.arm, one.seed) for one in found] == [(arm.name, SEEDS[0]) for arm in ARMS[:2]]
    assert run(ARMS[:2], SEEDS[:1], split, work) == found


def test_the_page_says_which_rows_the_seeds_can_tell_from_the_full_kernel() -> None:
    ratios = {
        REFERENCE: (26.0, 26.1, 26.2),
        "separable": (25.5, 25.6, 25.7),
        "bilinear": (26.1, 26.0, 26.2),
        "nearest": (27.0, 27.1, 27.2),
    }
    measured = [
        Measured(name, seed, {}, "", ratio, 0.7, 0.0, 60.0)
        for name, values in ratios.items()
        for seed, ratio in enumerate(values)
    ]
    page = upsamplers_part(measured)
    assert "| depthwise-separable sub-pixel convolution |" in page
    lines = {line.split(" | ")[0].strip("| "): line for line in page.splitlines() if line.startswith("| ")}
    assert "| -0.50 ± 0.00 | worse |" in lines["depthwise-separable sub-pixel convolution"]
    assert "not told apart" in lines["bilinear, then LIST"]
    assert "better" in lines["nearest, then LIST"]
    assert "12 minutes of one core" in page
