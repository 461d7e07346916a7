import pytest
import torch
from torch.nn import functional

from arllie_deploy.models.lw_isp.blocks import FineGrainedAttention, GlobalLayers, Layer, SharedUpsample, mean_of
from arllie_deploy.models.lw_isp.config import LwIspConfig


def test_attention_gives_twice_the_channels_and_only_raises_what_is_positive() -> None:
    """p + p·σ lies between p and 2p, in both halves."""
    torch.manual_seed(0)
    p = torch.rand(2, 16, 6, 10)
    both = FineGrainedAttention(16)(p)
    assert both.shape == (2, 32, 6, 10)
    for half in both.split(16, 1):
        assert (half >= p).all()
        assert (half <= 2 * p).all()


def test_the_first_half_weighs_channels_and_the_second_one_pixels() -> None:
    torch.manual_seed(0)
    p = torch.rand(1, 8, 6, 10, dtype=torch.float64) + 0.5
    channels, pixels = (FineGrainedAttention(8).double()(p) / p.repeat(1, 2, 1, 1)).split(8, 1)
    torch.testing.assert_close(channels, channels[:, :, :1, :1].expand_as(channels))
    torch.testing.assert_close(pixels, pixels[:, :1].expand_as(pixels))
    assert channels[0, :, 0, 0].std() > 0.0
    assert pixels[0, 0].std() > 0.0


def test_attention_is_written_out_as_the_notes_have_it() -> None:
    torch.manual_seed(0)
    attention, p = FineGrainedAttention(16).double(), torch.randn(1, 16, 5, 7, dtype=torch.float64)
    reduce, expand = attention.channel.reduce, attention.channel.expand
    hidden = (reduce.weight[:, :, 0, 0] @ p.mean((2, 3))[0] + reduce.bias).relu()
    of_channels = torch.sigmoid(expand.weight[:, :, 0, 0] @ hidden + expand.bias)
    maps = torch.stack([p[0].max(0).values, p[0].mean(0)])
    of_pixels = torch.sigmoid(functional.conv2d(maps[None], attention.spatial.conv.weight, padding=2))
    wanted = torch.cat([p * (1 + of_channels[:, None, None]), p * (1 + of_pixels)], 1)
    torch.testing.assert_close(attention(p), wanted)


def test_attention_can_be_held_by_the_mean_of_another_frame() -> None:
    torch.manual_seed(0)
    attention, p, other = FineGrainedAttention(16), torch.rand(1, 16, 4, 4), torch.randn(1, 16, 9, 9)
    torch.nn.init.ones_(attention.channel.reduce.bias)  # type: ignore[arg-type]  # it has one; a ReLU stays open
    assert torch.equal(attention(p), attention(p, mean_of(p)))
    assert not torch.equal(attention(p), attention(p, mean_of(other)))


@pytest.mark.parametrize("doubling", ["shuffle", "nearest"])
def test_upsampling_doubles_the_sides_and_adds_what_it_makes_of_each_feature(doubling: str) -> None:
    torch.manual_seed(0)
    upsample = SharedUpsample(6, 4, LwIspConfig(doubling=doubling)).double()
    a, b = torch.randn(2, 1, 6, 5, 7, dtype=torch.float64)
    assert upsample(a).shape == (1, 4, 10, 14)
    torch.testing.assert_close(upsample(a, b), upsample(a) + upsample(b))
    assert (upsample(a, b) - upsample(a + b)).abs().max() > 0.01


def test_a_pixel_becomes_a_square_of_four_channels_in_rows() -> None:
    """The order that differs between frameworks: channel 4o + 2r + c lies in row r, column c."""
    upsample = SharedUpsample(1, 1)
    with torch.no_grad():
        for layer in (upsample.wide, upsample.fine):
            layer.conv.weight.zero_()
            layer.conv.bias.zero_()  # type: ignore[union-attr]  # it has one
        upsample.fine.conv.weight[0, 0, 1, 1] = 1.0
        upsample.wide.conv.bias.copy_(torch.tensor([1.0, 2.0, 3.0, 4.0]))  # type: ignore[union-attr]
        made = upsample(torch.zeros(1, 1, 2, 2))
    assert made[0, 0].tolist() == [[1.0, 2.0] * 2, [3.0, 4.0] * 2] * 2


@pytest.mark.parametrize(("padding", "mode"), [("reflect", "reflect"), ("zeros", "constant")])
def test_a_layer_is_padded_as_the_configuration_says(padding: str, mode: str) -> None:
    torch.manual_seed(0)
    layer, x = Layer(LwIspConfig(padding=padding, activation="relu"), 2, 3), torch.rand(1, 2, 4, 6)
    padded = functional.pad(x, (1, 1, 1, 1), mode)
    torch.testing.assert_close(layer(x), functional.conv2d(padded, layer.conv.weight, layer.conv.bias).relu())


def test_the_global_vector_is_concatenated_as_in_the_layer_table() -> None:
    torch.manual_seed(0)
    layers = GlobalLayers(LwIspConfig(), 4, 8).double()
    d4, mean = torch.randn(1, 4, 3, 5, dtype=torch.float64), torch.randn(1, 8, 1, 1, dtype=torch.float64)
    vector = layers.vector(mean[:, :, 0, 0]).relu()[:, :, None, None].expand(-1, -1, 3, 5)
    wanted = layers.second(layers.activation(layers.first(torch.cat([d4, vector], 1))))
    torch.testing.assert_close(layers(d4, mean), wanted)


def test_the_global_vector_goes_on_where_zeros_are_padded() -> None:
    """With no local feature at all, what it gives is the same at the border as inside."""
    torch.manual_seed(0)
    layers = GlobalLayers(LwIspConfig(padding="zeros"), 4, 8)
    layers.second = torch.nn.Identity()  # type: ignore[assignment]  # it would pad zeros to its own input
    made = layers(torch.zeros(1, 4, 3, 5), torch.randn(1, 8, 1, 1))
    assert made.abs().max() > 0.0
    torch.testing.assert_close(made, made[:, :, :1, :1].expand_as(made))
