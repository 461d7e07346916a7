from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations

from arllie_deploy import ArllieError
from arllie_deploy.models.light_modules.lighten import Lightened, lighten, parameters
from arllie_deploy.models.light_modules.modules import DilatedSeparable, EnlargedList, Gsat, HalvedList, List
from arllie_deploy.models.light_modules.options import Lightening

EXAMPLE = torch.zeros(1, 8, 16, 24)


def conv(before: int = 8, after: int = 8, kernel: int = 3, **options: object) -> nn.Conv2d:
    return nn.Conv2d(before, after, kernel, **{"padding": kernel // 2, **options})  # type: ignore[arg-type]


def kept(result: Lightened) -> dict[str, str]:
    return {layer.name: layer.kept for layer in result.report.layers if layer.kept}


@pytest.mark.parametrize(
    ("layer", "kind", "was", "became"),
    [
        (conv(8, 16), List, "3×3 8→16", "LIST 8→16"),
        (conv(dilation=2, padding=2), Gsat, "3×3 8→8, dilation 2", "GSAT 8, 8 groups, dilation 2"),
        (conv(8, 16, stride=2), HalvedList, "3×3 8→16, stride 2", "bilinear /2, LIST 8→16"),
        (conv(8, 4, 4, stride=2, padding=1), HalvedList, "4×4 8→4, stride 2", "bilinear /2, LIST 8→4"),
        (
            nn.ConvTranspose2d(8, 4, 4, stride=2, padding=1), EnlargedList,
            "transposed 4×4 8→4, stride 2", "bilinear ×2, LIST 8→4",
        ),
        (nn.ConvTranspose2d(8, 4, 2, stride=2), EnlargedList, "transposed 2×2 8→4, stride 2", "bilinear ×2, LIST 8→4"),
    ],
)  # fmt: skip
def test_a_convolution_becomes_its_light_counterpart(layer: nn.Module, kind: type, was: str, became: str) -> None:
    result = lighten(nn.Sequential(layer), keep=(), example=EXAMPLE)
    (row,) = result.report.layers
    assert isinstance(result.network[0], kind)  # type: ignore[index]  # a Sequential
    assert (row.name, row.was, row.became, row.kept) == ("0", was, became, "")
    assert row.after.parameters == parameters(result.network) < row.before.parameters == parameters(layer)
    assert result.network.eval()(EXAMPLE).shape == layer(EXAMPLE).shape


@pytest.mark.parametrize("factor", [2, 3])
def test_a_convolution_and_its_pixel_shuffle_become_one_enlargement(factor: int) -> None:
    network = nn.Sequential(conv(8, 4 * factor**2), nn.LeakyReLU(0.2), nn.PixelShuffle(factor), conv(4, 3))
    result = lighten(network, keep=("last",), example=EXAMPLE)
    assert [type(part) for part in result.network.children()] == [EnlargedList, nn.LeakyReLU, nn.Identity, nn.Conv2d]
    assert result.report.layers[0].became == f"bilinear ×{factor}, LIST 8→4"
    assert result.network(EXAMPLE).shape == (1, 3, 16 * factor, 24 * factor)


@pytest.mark.parametrize(
    ("layer", "why"),
    [
        (conv(kernel=5), "its kernel is 5×5"),
        (conv(kernel=1), "its kernel is 1×1"),
        (conv(groups=8), "it is grouped already"),
        (conv(padding=0), "its padding changes the sides"),
        (conv(after=5), "5 channels of its output are odd"),
        (conv(8, 16, dilation=2, padding=2), "it is dilated and changes the channels from 8 to 16"),
        (conv(dilation=(1, 2), padding=(1, 2)), "its dilation differs between rows and columns"),
        (conv(stride=3), "its stride is not 2, or it is dilated, too"),
        (conv(stride=2, kernel=7), "its kernel is 7×7, too small or too large for a resizing"),
        (conv(stride=2, padding=0), "it does not halve the sides of the example"),
        (nn.ConvTranspose2d(8, 8, 3, stride=2, padding=1), "it does not double the sides of the example"),
        (nn.ConvTranspose2d(8, 8, 3, padding=1), "its stride is not 2, or it is dilated, too"),
        (parametrizations.weight_norm(conv()), "it is a ParametrizedConv2d, neither a Conv2d nor a ConvTranspose2d"),
    ],
)
def test_what_cannot_be_replaced_is_kept_with_the_reason(layer: nn.Module, why: str) -> None:
    result = lighten(nn.Sequential(layer), keep=(), example=EXAMPLE)
    assert kept(result) == {"0": why}
    assert type(result.network[0]).__name__ == type(layer).__name__  # type: ignore[index]  # a Sequential
    assert result.report.after == result.report.before


def test_channels_that_the_groups_do_not_divide_are_kept() -> None:
    network = nn.Sequential(conv(12, 12, dilation=2, padding=2), conv(12, 6), conv(6, 12))
    example = torch.zeros(1, 12, 16, 24)
    result = lighten(network, keep=(), example=example)
    assert kept(result) == {
        "0": "12 channels are not divisible by 8 groups",
        "2": "6 channels of its input are not divisible by 4",
    }
    assert not kept(lighten(nn.Sequential(network[0]), (), Lightening(groups=4), example))


def test_the_options_decide_what_the_modules_are() -> None:
    network = nn.Sequential(conv(dilation=2, padding=2), nn.ConvTranspose2d(8, 8, 2, stride=2), conv())
    options = Lightening(form="activated", sampling="nearest", dilated="separable")
    made = lighten(network, (), options, EXAMPLE).network
    assert [type(part) for part in made.children()] == [DilatedSeparable, EnlargedList, List]
    assert made[1][0].sampling == "nearest"  # type: ignore[index]  # a Sequential
    assert made[2].activated  # type: ignore[index]


def test_padding_is_inherited() -> None:
    network = nn.Sequential(conv(padding_mode="reflect"), conv(dilation=2, padding=2, padding_mode="circular"))
    made = lighten(network, (), example=EXAMPLE).network
    assert made[0].depthwise.padding_mode == "reflect"  # type: ignore[index]  # a Sequential
    assert made[1].spatial.padding_mode == "circular"  # type: ignore[index]


def test_the_given_network_stays_as_it_is_and_what_is_kept_keeps_its_weights() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(conv(), nn.BatchNorm2d(8), nn.ReLU(), conv(), conv(8, 3))
    before = deepcopy(network.state_dict())
    result = lighten(network, example=EXAMPLE)
    assert [type(part) for part in network.children()][3] is nn.Conv2d
    assert before.keys() == network.state_dict().keys()
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert kept(result) == {"0": "it is the first one", "4": "it is the last one"}
    assert all(torch.equal(result.network.state_dict()[f"{at}.weight"], before[f"{at}.weight"]) for at in (0, 1, 4))
    assert network.training
    assert all(part.training for part in result.network.modules())
    assert not any(part.training for part in lighten(network.eval(), example=EXAMPLE).network.modules())


def test_layers_are_kept_by_name_and_by_pattern() -> None:
    with pytest.raises(ArllieError, match="no module is named 'neck'"):
        lighten(nn.Sequential(conv()), keep=("neck",), example=EXAMPLE)
    body = nn.Sequential(conv(), nn.Sequential(conv(), conv()), conv())
    assert list(kept(lighten(body, ("1",), example=EXAMPLE))) == ["1.0", "1.1"]
    assert list(kept(lighten(body, ("*.1", "first"), example=EXAMPLE))) == ["0", "1.1"]


class Tied(nn.Module):
    """Two layers with the same weights, and one module at two places."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = conv(), conv(), conv()
        self.b.weight = self.a.weight
        self.again = self.c

    def forward(self, x: Tensor) -> Tensor:
        return self.again(self.c(self.b(self.a(x))))


def test_shared_weights_stay_and_a_shared_module_is_replaced_once() -> None:
    result = lighten(Tied(), keep=(), example=EXAMPLE)
    made = result.network
    assert kept(result) == {"a": "it shares weights with b", "b": "it shares weights with a"}
    assert made.a.weight is made.b.weight  # type: ignore[union-attr]  # convolutions
    assert isinstance(made.c, List)
    assert made.again is made.c
    row = next(layer for layer in result.report.layers if layer.became)
    assert row.name == "c, again"
    assert row.before.macs == 2 * 9 * 64 * 16 * 24
    assert row.after.macs == 2 * (64 // 4 + 64 // 4 + 9 * 2) * 16 * 24


class Direct(nn.Module):
    """Weights that are used without calling their layer, and a pixel shuffle that is a call of a function."""

    def __init__(self) -> None:
        super().__init__()
        self.unseen, self.wide, self.unused = conv(), conv(8, 16), conv()

    def forward(self, x: Tensor) -> Tensor:
        y = functional.conv2d(x, self.unseen.weight, padding=1)
        return functional.pixel_shuffle(torch.relu(self.wide(y)), 2)


def test_what_a_network_does_by_functions_is_seen() -> None:
    result = lighten(Direct(), keep=(), example=EXAMPLE)
    assert kept(result)["wide"].startswith("its output becomes pixels in a function")
    assert kept(result)["unseen"] == kept(result)["unused"]
    assert kept(result)["unseen"].startswith("it is never called on the example")
    assert result.report.before.macs == (9 * 64 + 9 * 128) * 16 * 24
    assert [layer.name for layer in result.report.layers] == ["wide", "unseen", "unused"]


class Shuffling(nn.Module):
    """One pixel shuffle for what can be replaced and what cannot, or with more than an activation before it."""

    def __init__(self, second: nn.Module, between: nn.Module) -> None:
        super().__init__()
        self.first, self.second, self.between = conv(8, 32), second, between
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        return self.shuffle(self.second(self.shuffle(self.between(self.first(x)))))


@pytest.mark.parametrize(
    ("second", "between", "why"),
    [
        (conv(8, 32, 5), nn.Identity(), "its pixel shuffle is also given what stays as it is"),
        (nn.Sequential(conv(8, 8), nn.Upsample(scale_factor=2), conv(8, 32, 1)), nn.Identity(), "its pixel shuffle"),
        (conv(8, 32), nn.BatchNorm2d(32), "its output becomes pixels after more than activations"),
        (conv(8, 32), nn.PReLU(32), "its output becomes pixels after more than activations"),
    ],
)
def test_a_pixel_shuffle_is_taken_out_only_where_nothing_else_needs_it(
    second: nn.Module, between: nn.Module, why: str
) -> None:
    result = lighten(Shuffling(second, between), keep=(), example=EXAMPLE)
    assert kept(result)["first"].startswith(why)
    assert isinstance(result.network.shuffle, nn.PixelShuffle)
    assert isinstance(lighten(Shuffling(conv(8, 32), nn.PReLU()), (), example=EXAMPLE).network.shuffle, nn.Identity)


class Forked(nn.Module):
    """What becomes pixels is looked at elsewhere, too."""

    def __init__(self) -> None:
        super().__init__()
        self.wide, self.shuffle = conv(8, 32), nn.PixelShuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        wide = self.wide(x)
        return self.shuffle(wide) * wide.mean()


def test_a_convolution_whose_output_is_used_twice_keeps_its_shuffle() -> None:
    assert "wide" in kept(lighten(Forked(), keep=(), example=EXAMPLE))


def test_a_light_network_comes_back_as_it_is() -> None:
    network = nn.Sequential(conv(), conv(), conv(dilation=2, padding=2), conv(8, 8, stride=2), conv())
    once = lighten(network, example=EXAMPLE)
    twice = lighten(once.network, example=EXAMPLE)
    assert len(once.report.replaced) == 3
    assert not twice.report.replaced
    state = once.network.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in twice.network.state_dict().items())


def test_the_network_may_be_one_convolution() -> None:
    result = lighten(conv(), keep=(), example=EXAMPLE)
    assert isinstance(result.network, List)
    assert result.report.layers[0].after.macs == result.report.after.macs == (16 + 16 + 18) * 16 * 24


class Looking(nn.Module):
    """What it computes depends on values, which shapes alone do not have."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(conv(3, 8), conv(), conv(8, 3))

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.layers(x)
        return result if x.mean().item() > 0.5 else -result


def test_a_network_that_looks_at_values_is_run_on_the_example() -> None:
    assert [layer.became for layer in lighten(Looking()).report.layers] == ["", "LIST 8→8", ""]


def test_networks_without_anything_to_replace_are_told_apart() -> None:
    with pytest.raises(ArllieError, match="has no convolutions"):
        lighten(nn.Sequential(nn.Linear(3, 3)))
    with pytest.raises(ArllieError, match=r"does not run on an example of 5×16×24: .*channels"):
        lighten(nn.Sequential(conv()), example=torch.zeros(1, 5, 16, 24))
    line = lighten(nn.Sequential(nn.Conv1d(4, 4, 3)), keep=(), example=torch.zeros(1, 4, 1, 9)[:, :, 0])
    assert kept(line) == {"0": "it is a Conv1d, neither a Conv2d nor a ConvTranspose2d"}


class Nosy(nn.Module):
    """Its code looks into a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = conv()

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.layer(x) * self.layer.weight.mean()
        return result


def test_code_that_looks_into_a_layer_is_named() -> None:
    with pytest.raises(ArllieError, match=r"with light modules the network does not run .*weight.*; keep the layers"):
        lighten(Nosy(), keep=(), example=EXAMPLE)
    assert kept(lighten(Nosy(), keep=("layer",), example=EXAMPLE)) == {"layer": "layer is to be kept"}
