import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from arllie_deploy import ArllieError
from arllie_deploy.models.light_modules.lighten import parameters
from arllie_deploy.models.light_modules.modules import (
    DilatedSeparable,
    EnlargedList,
    Gsat,
    Halve,
    HalvedList,
    List,
    shuffle_channels,
)


def picture(channels: int, height: int = 9, width: int = 12) -> Tensor:
    return torch.randn(2, channels, height, width, dtype=torch.float64)


def dense(module: List) -> nn.Conv2d:
    """The one 3×3 convolution that a linear LIST is away from the border."""
    squeeze = module.squeeze.weight[:, :, 0, 0]
    spatial = module.depthwise.weight[:, 0]
    pointwise, separable = (part.weight[:, :, 0, 0] for part in (module.pointwise, module.separable))
    shifted = module.depthwise.bias + spatial.sum((1, 2)) * module.squeeze.bias
    result = nn.Conv2d(squeeze.shape[1], 2 * len(pointwise), 3, padding=1).double()
    with torch.no_grad():
        result.weight.zero_()
        half = len(separable)
        result.weight[:half] = torch.einsum("oq,qij,qc->ocij", separable, spatial, squeeze)
        result.weight[half:, :, 1, 1] = pointwise @ squeeze
        result.bias[:half] = separable @ shifted + module.separable.bias  # type: ignore[index]  # it has one
        result.bias[half:] = pointwise @ module.squeeze.bias + module.pointwise.bias  # type: ignore[index]
    return result


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        (64, 64, 2_288), (64, 128, 3_376), (128, 128, 8_672), (128, 256, 12_896), (256, 256, 33_728),
        (256, 128, 25_408), (128, 64, 6_560), (64, 32, 1_744),
    ],
)  # fmt: skip
def test_list_has_the_published_number_of_parameters(before: int, after: int, count: int) -> None:
    assert parameters(List(before, after)) == count


def test_gsat_has_the_published_number_of_parameters_beside_its_normalization() -> None:
    module = Gsat(256, dilation=4)
    assert parameters(module) - parameters(module.norm) == 82_432


@pytest.mark.parametrize("padding_mode", ["zeros", "reflect"])
def test_a_linear_list_is_one_convolution_but_for_the_border(padding_mode: str) -> None:
    torch.manual_seed(0)
    module = List(8, 6, padding_mode=padding_mode).double()
    for part in (module.squeeze, module.depthwise, module.separable, module.pointwise):
        nn.init.normal_(part.bias)  # type: ignore[arg-type]  # each has one
    x = picture(8)
    difference = (module(x) - dense(module)(x)).abs()
    assert difference[:, :, 1:-1, 1:-1].max() <= 1e-12
    assert difference.max() > 1e-3


def test_without_a_bias_before_the_padding_the_border_is_the_same_too() -> None:
    torch.manual_seed(0)
    module, x = List(8, 6).double(), picture(8)
    nn.init.normal_(module.depthwise.bias)  # type: ignore[arg-type]  # it has one
    torch.testing.assert_close(module(x), dense(module)(x), rtol=0, atol=1e-12)


def test_the_two_forms_join_their_halves_in_opposite_orders() -> None:
    torch.manual_seed(0)
    linear, activated = List(8, 4).double().eval(), List(8, 4, "activated").double().eval()
    activated.load_state_dict(linear.state_dict(), strict=False)
    with torch.no_grad():
        for module in (linear, activated):
            module.separable.weight.zero_()
            nn.init.constant_(module.separable.bias, 5.0)  # type: ignore[arg-type]  # it has one
    x = picture(8)
    assert (linear(x)[:, :2] == 5.0).all()
    assert (linear(x)[:, 2:] != 5.0).all()
    torch.testing.assert_close(activated(x)[:, 2:], torch.full((2, 2, 9, 12), 5.0 / 1.001**0.5).double())


def test_an_activated_list_is_normalized_and_never_negative() -> None:
    torch.manual_seed(0)
    module = List(16, 8, "activated")
    assert parameters(module) == parameters(List(16, 8)) + 2 * 4 + 2 * 8
    x = torch.randn(2, 16, 9, 12)
    assert module(x).min() == 0.0
    assert List(16, 8)(x).min() < 0.0


@pytest.mark.parametrize(("before", "after", "why"), [(6, 4, "6 channels of its input"), (8, 5, "odd")])
def test_channels_that_do_not_divide_have_no_list(before: int, after: int, why: str) -> None:
    with pytest.raises(ArllieError, match=why):
        List(before, after)


def test_groups_that_do_not_divide_have_no_gsat() -> None:
    with pytest.raises(ArllieError, match="12 channels are not divisible by 8 groups"):
        Gsat(12)


@given(groups=st.integers(1, 6), each=st.integers(1, 5), height=st.integers(1, 4), width=st.integers(1, 4))
def test_shuffling_is_undone_by_shuffling_the_other_way(groups: int, each: int, height: int, width: int) -> None:
    channels = groups * each
    x = torch.arange(2.0 * channels * height * width).reshape(2, channels, height, width)
    shuffled = shuffle_channels(x, groups)
    assert torch.equal(shuffle_channels(shuffled, each), x)
    assert torch.equal(shuffled, functional.channel_shuffle(x, groups))


def test_every_channel_of_gsat_sees_every_group() -> None:
    """With 64 channels and 8 groups; without the shuffle each would see its own eight."""
    torch.manual_seed(0)
    module = Gsat(64).double().eval()
    x = torch.zeros(1, 64, 5, 5, dtype=torch.float64)
    quiet = module.norm(module.mix(shuffle_channels(module.spatial(x), 8)))
    for channel in (0, 63):
        moved = x.clone()
        moved[0, channel, 2, 2] = 1.0
        changed = module.norm(module.mix(shuffle_channels(module.spatial(moved), 8))) - quiet
        assert (changed.abs().amax((0, 2, 3)) > 0).all()


@pytest.mark.parametrize("module", [Gsat(16, 4), Gsat(16, 4, groups=1), DilatedSeparable(16, 4)])
def test_dilated_modules_keep_the_size_and_look_as_far_as_the_dilation(module: nn.Module) -> None:
    module = module.double().eval()
    x = torch.zeros(1, 16, 15, 15, dtype=torch.float64)
    x[0, :, 7, 7] = 1.0
    changed = (module(x) - module(0 * x))[0].abs().sum(0) > 0
    seen = module.spatial(x)[0].abs().sum(0).nonzero()  # type: ignore[operator]  # each has one
    assert module(x).shape == x.shape
    assert not changed[:3].any()
    assert {tuple(place) for place in seen.tolist()} <= {(row, column) for row in (3, 7, 11) for column in (3, 7, 11)}
    assert len(seen) == 9


def test_halving_is_bilinear_on_half_pixel_centers_and_nearest_picks_a_pixel() -> None:
    x = picture(3, 8, 12)
    wanted = functional.interpolate(x, scale_factor=0.5, mode="bilinear", align_corners=False)
    torch.testing.assert_close(Halve()(x), wanted, rtol=0, atol=1e-14)
    corners = functional.interpolate(x, size=(4, 6), mode="bilinear", align_corners=True)
    assert (Halve()(x) - corners).abs().max() > 0.1
    assert torch.equal(Halve("nearest")(x), functional.interpolate(x, scale_factor=0.5, mode="nearest"))


@pytest.mark.parametrize("sampling", ["bilinear", "nearest"])
def test_up_and_down_are_a_resizing_and_then_list(sampling: str) -> None:
    torch.manual_seed(0)
    x = picture(8, 6, 10)
    up, down = EnlargedList(8, 4, 3, sampling).double(), HalvedList(8, 4, sampling).double()
    corners = {} if sampling == "nearest" else {"align_corners": False}
    torch.testing.assert_close(up(x), up[1](functional.interpolate(x, scale_factor=3.0, mode=sampling, **corners)))
    assert up(x).shape == (2, 4, 18, 30)
    torch.testing.assert_close(down(x), down[1](down[0](x)))
    assert down(x).shape == (2, 4, 3, 5)
