import numpy as np
import pytest
import torch

from arllie_deploy.quality.ssim import ssim
from arllie_deploy.training import terms
from arllie_deploy.training.losses import find_loss
from arllie_deploy.training.network import Output
from arllie_deploy.training.recipe import LossRecipe


def frames(seed: int, *shape: int) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    first, second = (torch.from_numpy(rng.random((2, 3, *shape))) for _ in range(2))
    return first, second


@pytest.mark.parametrize("term", [terms.l1, terms.dissimilarity, terms.color_angle])
def test_equal_frames_are_at_distance_zero(term: object) -> None:
    frame, _ = frames(0, 16, 20)
    assert term(frame, frame).item() == pytest.approx(0.0, abs=1e-12)  # type: ignore[operator]


def test_dissimilarity_is_one_minus_the_ssim_that_is_reported() -> None:
    output, target = frames(1, 16, 20)
    reported = [
        ssim(*(np.ascontiguousarray(np.moveaxis(frame[index].numpy(), 0, 2)) for frame in (output, target)))
        for index in range(2)
    ]
    assert terms.dissimilarity(output, target).item() == pytest.approx(1 - np.mean(reported), abs=1e-12)


def test_charbonnier_is_l1_away_from_zero() -> None:
    output, target = frames(2, 16, 20)
    assert terms.charbonnier(output, target).item() == pytest.approx(terms.l1(output, target).item(), rel=1e-3)
    assert terms.charbonnier(output, output).item() == pytest.approx(1e-3)


def test_color_angle_ignores_brightness_and_sees_hue() -> None:
    _, target = frames(3, 16, 20)
    assert terms.color_angle(0.3 * target, target).item() == pytest.approx(0.0, abs=1e-12)
    red, green = torch.zeros(2, 1, 3, 4, 4, dtype=torch.float64)
    red[:, 0], green[:, 1] = 1.0, 0.5
    assert terms.color_angle(red, green).item() == pytest.approx(1.0)


def test_black_pixels_have_no_color_and_a_finite_gradient() -> None:
    black = torch.zeros(1, 3, 4, 4, dtype=torch.float64, requires_grad=True)
    value = terms.color_angle(black, torch.ones(1, 3, 4, 4, dtype=torch.float64))
    value.backward()  # type: ignore[no-untyped-call]
    assert value.item() == 0.0
    assert black.grad is not None
    assert torch.isfinite(black.grad).all()


def test_a_recipe_weighs_the_terms() -> None:
    output, target = frames(4, 16, 20)
    recipe = LossRecipe("l1", ssim=0.25, color_angle=2.0)
    expected = terms.l1(output, target) + 0.25 * terms.dissimilarity(output, target)
    expected = expected + 2.0 * terms.color_angle(output, target)
    value = find_loss("l1").function(output, Output(output, None), target, recipe)
    assert value.item() == pytest.approx(expected.item())
