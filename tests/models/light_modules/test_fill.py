import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from arllie_deploy import ArllieError
from arllie_deploy.models.light_modules.config import LEVELS, LightModulesConfig
from arllie_deploy.models.light_modules.fill import SmoothFill
from arllie_deploy.models.light_modules.network import build

SIDE = 2 * 2**LEVELS


def holed(top: int, left: int, height: int, width: int) -> torch.Tensor:
    mask = torch.zeros(1, 1, SIDE, SIDE)
    mask[:, :, top : top + height, left : left + width] = 1.0
    return mask


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 24), st.integers(1, 24), st.floats(0.0, 1.0))
def test_what_is_alike_all_around_is_alike_in_the_hole(
    top: int, left: int, height: int, width: int, level: float
) -> None:
    weight = 1.0 - holed(top, left, height, width)
    found = SmoothFill()(level * weight.expand(-1, 3, -1, -1), weight)
    # Weights of almost nothing pull to the middle a little.
    torch.testing.assert_close(found, torch.full_like(found, level), atol=4e-3, rtol=0.0)


def test_a_ramp_goes_on_through_the_hole() -> None:
    picture = torch.linspace(0.0, 1.0, SIDE).expand(1, 3, SIDE, SIDE)
    mask = holed(24, 24, 16, 16)
    found = SmoothFill()(picture * (1.0 - mask), 1.0 - mask)
    wrong = ((found - picture).abs() * mask).max()
    flat = ((picture.mean() - picture).abs() * mask).max()
    assert wrong < 0.4 * flat


def test_where_nothing_at_all_is_known_it_is_the_middle() -> None:
    nothing = torch.zeros(1, 1, SIDE, SIDE)
    found = SmoothFill()(nothing.expand(-1, 3, -1, -1), nothing)
    torch.testing.assert_close(found, torch.full_like(found, 0.5))


def test_a_training_begins_with_the_smooth_picture() -> None:
    torch.manual_seed(0)
    network = build(LightModulesConfig("inpainting", width=0.25, shortcut="smooth")).eval()
    picture, mask = torch.rand(1, 3, SIDE, SIDE), holed(8, 16, 20, 12)
    torch.nn.init.zeros_(network.layers[-1].conv.bias)
    given = torch.cat([picture, mask], 1)
    known = picture * (1.0 - mask)
    expected = known + mask * SmoothFill()(known, 1.0 - mask)
    torch.testing.assert_close(network(given), expected)
    # What lies in the hole is not looked at.
    torch.testing.assert_close(network(torch.cat([known, mask], 1)), network(given), atol=0.0, rtol=0.0)


def test_it_belongs_to_inpainting_and_needs_frames_of_its_pyramid() -> None:
    config = LightModulesConfig("inpainting", shortcut="smooth")
    assert (config.alignment, config.minimum) == (32, 32)
    assert config.for_delegates().shortcut == "none"
    with pytest.raises(ArllieError, match="shortcut is 'smooth'"):
        LightModulesConfig("super-resolution", shortcut="smooth")
