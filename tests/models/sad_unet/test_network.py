import pytest
import torch
from torch import nn
from torch.nn import functional

from arllie_deploy.models.sad_unet.blocks import AxialDepthwise, InvertedResidual, smoothly_doubled
from arllie_deploy.models.sad_unet.config import SadUnetConfig
from arllie_deploy.models.sad_unet.cost import multiply_accumulates, parameters
from arllie_deploy.models.sad_unet.network import SadUnet


@pytest.mark.parametrize(
    ("config", "numbers", "products"),
    [
        (SadUnetConfig(), 6_522_643, 5_598_281_728),
        (SadUnetConfig(skip="direct"), 6_259_763, 5_472_452_608),
        (SadUnetConfig(stem=16), 6_481_603, 2_927_558_656),
        (SadUnetConfig(expansion=2), 2_619_411, 4_227_923_968),
        (SadUnetConfig(stem=16, expansion=2), 2_578_371, 1_557_200_896),
    ],
)
def test_parameters_and_products_at_256_are_those_of_the_design(
    config: SadUnetConfig, numbers: int, products: int
) -> None:
    network = SadUnet(config).eval()
    assert parameters(network) == numbers
    assert multiply_accumulates(network, 256, 256) == products


def test_the_parameters_lie_where_the_design_has_them() -> None:
    network = SadUnet(SadUnetConfig())
    assert network.skips is not None
    levels = [parameters(level) for level in network.levels]
    assert parameters(network.stem) == 38_720
    assert levels == [9_856, 19_904, 73_600, 282_368, 1_105_408, 4_373_504]
    assert [parameters(part) for part in (network.skips.lateral, network.skips.top_down)] == [87_792, 175_088]
    assert [parameters(part) for part in (network.decoders, network.extract)] == [353_648, 2_755]


def test_blocks_of_context_let_a_pixel_look_further() -> None:
    """By 32 pixels each: what is no number spreads through every operator, with any weight."""
    reach = []
    for context in (0, 2):
        network = SadUnet(SadUnetConfig(width=0.25, stem=16, expansion=1, context=context)).double().eval()
        frame = torch.zeros(1, 3, 32, 1024, dtype=torch.float64)
        frame[..., 0] = torch.nan
        with torch.inference_mode():
            reach.append(int(network(frame).isnan().any(1).any(1)[0].sum()))
    assert reach[1] - reach[0] == 64


@pytest.mark.parametrize("stride", [1, 2])
def test_the_axial_kernel_is_the_sum_of_its_three_parts(stride: int) -> None:
    """On the grid of the stride, from the first pixel on, and at the zero-padded borders."""
    torch.manual_seed(0)
    axial = AxialDepthwise(3, stride).double()
    x = torch.randn(2, 3, 8, 12, dtype=torch.float64)
    row = functional.conv2d(x, axial.row, stride=stride, padding=(0, 1), groups=3)
    column = functional.conv2d(x, axial.column, stride=stride, padding=(1, 0), groups=3)
    torch.testing.assert_close(axial(x), x[:, :, ::stride, ::stride] + row + column, rtol=0, atol=1e-14)


def test_a_block_has_a_shortcut_only_where_nothing_changes_size() -> None:
    config = SadUnetConfig()
    shortcuts = [InvertedResidual(config, *sizes, 2).shortcut for sizes in ((4, 4, 1), (4, 8, 1), (4, 4, 2))]
    assert shortcuts == [True, False, False]


@pytest.mark.parametrize(("projection", "least"), [("linear", None), ("activated", 0.0)])
def test_only_an_activated_projection_is_never_negative(projection: str, least: float | None) -> None:
    torch.manual_seed(0)
    block = InvertedResidual(SadUnetConfig(projection=projection), 4, 8, 2, 6).eval()
    lowest = block(torch.randn(1, 4, 8, 8)).min().item()
    assert lowest == least if least is not None else lowest < 0.0


@pytest.mark.parametrize(
    "changed",
    [{"skip": "direct"}, {"depthwise": "plain"}, {"upsampling": "nearest"}, {"activator": "learned"}, {"stem": 64}],
)
def test_every_idea_can_be_switched(changed: dict[str, str]) -> None:
    torch.manual_seed(0)
    network = SadUnet(SadUnetConfig.from_json({"width": 0.25, "stem": 16, **changed})).eval()
    passed = network.run(torch.rand(1, 3, 64, 96))
    assert passed.enhanced.shape == (1, 3, 64, 96)
    assert [tuple(level.shape[1:]) for level in passed.levels] == [
        (4, 64, 96), (8, 32, 48), (16, 16, 24), (32, 8, 12), (64, 4, 6),
    ]  # fmt: skip


def test_the_output_is_the_frame_plus_what_lambda_scales() -> None:
    torch.manual_seed(0)
    frame = torch.rand(1, 3, 32, 32)
    weak, strong = (SadUnet(SadUnetConfig(width=0.25, stem=16, strength=value)).eval() for value in (0.25, 0.5))
    strong.load_state_dict(weak.state_dict())
    added = [network.run(frame).enhanced - frame for network in (weak, strong)]
    torch.testing.assert_close(added[1], 2 * added[0], rtol=1e-5, atol=1e-6)
    assert (weak(frame) == weak.run(frame).enhanced.clamp(0, 1)).all()


def test_an_affine_network_begins_with_a_brighter_frame() -> None:
    """y + gain · 0.6 · y + 0.2, whatever λ is; what is learned starts from the frame's own edges and colors."""
    network = SadUnet(SadUnetConfig(width=0.25, stem=16, residual="affine", gain=8.0, strength=0.4)).double().eval()
    for part in (network.extract.slope, network.extract.offset):  # type: ignore[union-attr]  # an affine one has them
        for convolution in part.of_stage:  # type: ignore[union-attr]
            nn.init.zeros_(convolution.weight)
    y = 0.1 * torch.rand(1, 3, 64, 96, dtype=torch.float64)
    with torch.inference_mode():
        torch.testing.assert_close(network(y), (5.8 * y + 0.2).clamp(0.0, 1.0))


def test_slopes_are_smooth_and_the_rest_is_not() -> None:
    """One value of a coarse decoder stage moves 8 × 8 pixels and what the smoothing of all three steps reaches."""
    config = SadUnetConfig(width=0.25, stem=16, residual="affine", upsampling="nearest")
    network = SadUnet(config).eval()
    decoded = [torch.zeros(1, count, 64 >> stage, 64 >> stage) for stage, count in enumerate(config.channels[:5])]
    before = network.extract.slope(decoded)  # type: ignore[union-attr,operator]
    decoded[3][0, 0, 2, 3] = 1.0
    moved = (network.extract.slope(decoded) - before)[0].abs().sum(0) > 0  # type: ignore[union-attr,operator]
    expected = torch.zeros(64, 64, dtype=torch.bool)
    expected[16 - 7 : 24 + 7, 24 - 7 : 32 + 7] = True
    assert torch.equal(moved, expected)


def test_nearest_maps_are_enlarged_without_blocks_and_borders_keep_their_values() -> None:
    config = SadUnetConfig(residual="affine", upsampling="nearest")
    ramp = torch.arange(8.0).expand(1, 1, 6, 8)
    enlarged = smoothly_doubled(config, ramp)[0, 0]
    steps = enlarged.diff(dim=1)
    assert torch.allclose(steps[:, 1:-1].min(), torch.tensor(1 / 3))
    assert steps.max() < 0.7
    assert torch.equal(enlarged[:, 0], torch.zeros(12))
    assert torch.allclose(smoothly_doubled(config, torch.ones(1, 3, 4, 4)), torch.ones(1, 3, 8, 8))


def test_first_kernels_differ_in_how_sensitive_they_are() -> None:
    first = SadUnet(SadUnetConfig(width=0.5, stem=64)).stem[0]
    strength = first.weight.detach().flatten(1).norm(dim=1)  # type: ignore[union-attr,operator]
    assert strength[-1] > 8 * strength[0]


def test_a_reduced_network_gives_flat_frames_what_the_other_one_gives_them() -> None:
    """Where there is nothing to lose by averaging, and away from the borders, which lie elsewhere."""
    whole = SadUnet(SadUnetConfig(width=0.25, stem=16, residual="affine")).eval()
    reduced = SadUnet(SadUnetConfig(width=0.25, stem=16, residual="affine", reduction=2)).eval()
    missing, unexpected = reduced.load_state_dict(whole.state_dict(), strict=False)
    assert unexpected == []
    assert all(name.startswith(SadUnet.neutral) for name in missing)
    frame = torch.full((1, 3, 512, 512), 0.1)
    with torch.inference_mode():
        small, large = whole(frame[:, :, ::2, ::2]), reduced(frame)
    torch.testing.assert_close(large[:, :, 1::2, 1::2][:, :, 1:-1, 1:-1], small[:, :, 1:-1, 1:-1], atol=2e-3, rtol=0.0)


def test_a_reduced_network_costs_less_and_wants_larger_sides() -> None:
    costs = []
    for reduction in (1, 2, 4):
        config = SadUnetConfig(width=0.25, stem=16, residual="affine", reduction=reduction)
        assert config.alignment == 32 * reduction
        costs.append(multiply_accumulates(SadUnet(config).eval(), 256, 256))
    assert costs[0] > 3 * costs[1] > 6 * costs[2]
