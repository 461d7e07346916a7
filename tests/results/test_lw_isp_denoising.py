import numpy as np
import pytest
from support.pictures import scene

from arllie_deploy.results import lw_isp_denoising as denoising
from arllie_deploy.results.lw_isp_denoising import NoisySet, as_trained, baselines, denoising_table, gray, score

PICTURES = [scene(0, 96, 80), scene(1, 96, 80)]
SETS = [NoisySet("own", PICTURES, as_trained), NoisySet("gray", PICTURES, gray)]


def flat(level: int) -> denoising.Frame:
    return np.full((96, 96, 3), level, np.uint8)


def test_the_noise_of_training_is_every_channels_own_and_what_a_file_holds() -> None:
    noisy = as_trained(flat(128), np.random.default_rng(0))
    levels = 255.0 * noisy
    assert np.abs(levels - np.round(levels)).max() < 1e-4
    assert levels.std() == pytest.approx(25.0, rel=0.02)
    assert abs(np.corrcoef(noisy[..., 0].ravel(), noisy[..., 1].ravel())[0, 1]) < 0.05
    assert as_trained(flat(0), np.random.default_rng(0)).min() == 0.0


def test_gray_noise_is_the_same_in_all_channels_and_neither_clipped_nor_rounded() -> None:
    noisy = gray(flat(0), np.random.default_rng(0))
    assert noisy.dtype == np.float32
    assert np.ptp(noisy, axis=2).max() == 0.0
    assert 255.0 * noisy.std() == pytest.approx(25.0, rel=0.02)
    assert noisy.min() < -0.2
    assert len(np.unique(noisy)) > 9000


def test_every_method_is_given_the_same_noise_and_results_are_clipped() -> None:
    def recorded() -> list[denoising.Float32]:
        seen = []

        def denoise(noisy: denoising.Float32) -> denoising.Float32:
            seen.append(noisy)
            return noisy

        score(SETS, denoise)
        return seen

    first, second = recorded(), recorded()
    assert len(first) == 4
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    own, unclipped = score(SETS, lambda noisy: noisy + 10.0)
    assert own == unclipped


def test_the_baselines_take_noise_away() -> None:
    found = {name: score(SETS, denoise) for name, denoise in baselines().items()}
    noisy = found.pop("the noisy picture")
    assert noisy == pytest.approx([20.5, 20.5], abs=0.8)
    assert list(found) == ["Gaussian filter", "non-local means"]
    assert all(value > before + 3.0 for values in found.values() for value, before in zip(values, noisy, strict=True))


def test_who_has_no_scores_is_named() -> None:
    text = denoising_table(["a", "b"], {"the noisy picture": [20.0, 20.5], "lw-isp-denoise": None})
    assert "| the noisy picture | 20.00 | 20.50 |" in text
    assert "| lw-isp-denoise | no network file |  |" in text
