import pytest
import torch
from torch import nn

from arllie_deploy.models.light_modules.config import LightModulesConfig
from arllie_deploy.models.light_modules.lighten import lighten, parameters
from arllie_deploy.models.light_modules.modules import LIGHT, Enlarge, Gsat, List
from arllie_deploy.models.light_modules.network import Layer, build

SR, INPAINTING = "super-resolution", "inpainting"


def of_convolutions(network: nn.Module) -> int:
    """Weights and biases of convolutions alone, as the published totals count."""
    return sum(parameters(part) for part in network.modules() if isinstance(part, (nn.Conv2d, nn.ConvTranspose2d)))


@pytest.mark.parametrize(
    ("config", "count"),
    [
        (LightModulesConfig(colors=1, convolutions="full"), 556_032),
        (LightModulesConfig(colors=1), 37_392),
        (LightModulesConfig(colors=1, form="activated"), 37_392 - 1_920 + 15 * 2 * (16 + 64)),
    ],
)
def test_dncnn_has_the_published_numbers_of_parameters(config: LightModulesConfig, count: int) -> None:
    assert parameters(build(config)) == count


@pytest.mark.parametrize(
    ("config", "count"),
    [
        (LightModulesConfig(SR, convolutions="full"), 1_545_219),
        (LightModulesConfig(SR), 111_251),
        (LightModulesConfig(SR, sampling="nearest"), 111_251),
        (LightModulesConfig(SR, sampling="shuffle"), 402_099),
        (LightModulesConfig(INPAINTING, convolutions="full"), 6_066_179),
        (LightModulesConfig(INPAINTING), 539_299),
    ],
)
def test_convolutions_have_the_published_numbers_of_parameters(config: LightModulesConfig, count: int) -> None:
    """Without normalizations and the slopes of PReLU."""
    assert of_convolutions(build(config)) == count


def test_dncnn_has_the_published_numbers_of_multiply_accumulates() -> None:
    """At 256×256; and a converter finds nothing more in what it made."""
    full = build(LightModulesConfig(colors=1, convolutions="full"))
    light, report = (made := lighten(full)).network, made.report
    assert (report.before.parameters, report.after.parameters) == (556_032, 37_392)
    assert report.before.macs == 554_112 * 256**2
    assert report.after.macs == (2 * 576 + 15 * (64**2 // 2 + 9 * 16)) * 256**2
    assert not lighten(light).report.replaced


@pytest.mark.parametrize("task", ["denoising", SR, INPAINTING])
@pytest.mark.parametrize("convolutions", ["full", "light"])
def test_frames_in_0_to_1_become_frames_in_0_to_1(task: str, convolutions: str) -> None:
    torch.manual_seed(0)
    config = LightModulesConfig(task, convolutions, width=0.25, blocks=0 if task == INPAINTING else 2)
    network, y = build(config).eval(), torch.rand(2, config.channels, 16, 24)
    with torch.inference_mode():
        result, passed = network(y), network.run(y)
    assert result.shape == (2, 3, 16 * config.scale, 24 * config.scale)
    assert torch.equal(result, passed.enhanced.clamp(0.0, 1.0))
    assert passed.levels == ()


def test_only_the_hole_is_filled_and_what_lies_in_it_does_not_matter() -> None:
    torch.manual_seed(0)
    network = build(LightModulesConfig(INPAINTING, width=0.25)).eval()
    y = torch.rand(1, 4, 16, 24)
    y[:, 3] = 0.0
    y[:, 3, 4:9, 5:11] = 1.0
    other = y.clone()
    other[:, :3, 4:9, 5:11] = 0.5
    with torch.inference_mode():
        filled = network(y)
        assert torch.equal(filled, network(other))
    outside = y[0, 3] == 0
    assert torch.equal(filled[0][:, outside], y[0, :3][:, outside])
    assert (filled[0][:, ~outside] != y[0, :3][:, ~outside]).all()


@pytest.mark.parametrize("shortcut", ["nearest", "bilinear"])
def test_a_shortcut_is_the_enlarged_input(shortcut: str) -> None:
    torch.manual_seed(0)
    network = build(LightModulesConfig(SR, width=0.25, blocks=1, shortcut=shortcut)).eval()
    for values in network.last.parameters():  # type: ignore[union-attr]  # it has one
        nn.init.zeros_(values)
    y = torch.rand(1, 3, 16, 20)
    assert torch.equal(network.run(y).enhanced, Enlarge(4, shortcut)(y))


@pytest.mark.parametrize("sampling", ["own", "nearest", "shuffle", "separable"])
def test_only_the_upsampler_differs_between_the_four(sampling: str) -> None:
    network = build(LightModulesConfig(SR, width=0.25, blocks=1, sampling=sampling))
    shuffles = [part for part in network.modules() if isinstance(part, nn.PixelShuffle)]
    lists = [part for part in network.modules() if isinstance(part, List)]
    assert (len(shuffles), len(lists)) == ((2, 3) if sampling in ("shuffle", "separable") else (0, 5))


def test_modules_with_an_activation_of_their_own_are_followed_by_none() -> None:
    network = build(LightModulesConfig(INPAINTING, width=0.25))
    layers = [part for part in network.modules() if isinstance(part, Layer)]
    dilated = [layer for layer in layers if isinstance(layer.conv, Gsat)]
    assert [layer.conv.spatial.dilation[0] for layer in dilated] == [2, 4, 8, 16]  # type: ignore[union-attr]
    assert all(isinstance(layer.norm, nn.Identity) for layer in dilated)
    assert sum(isinstance(layer.norm, nn.BatchNorm2d) for layer in layers) == len(layers) - len(dilated) - 1


def test_the_form_for_delegates_has_no_groups_but_depthwise_and_no_slopes() -> None:
    for task in ("denoising", SR, INPAINTING):
        network = build(LightModulesConfig(task, width=0.25).for_delegates())
        convolutions = [part for part in network.modules() if isinstance(part, nn.Conv2d)]
        assert {part.groups for part in convolutions} <= {1, *(part.in_channels for part in convolutions)}
        assert all(part.groups in (1, part.in_channels) and part.padding_mode == "zeros" for part in convolutions)
        assert not any(isinstance(part, (nn.PReLU, nn.PixelShuffle, Gsat)) for part in network.modules())
        assert any(isinstance(part, LIGHT) for part in network.modules())
