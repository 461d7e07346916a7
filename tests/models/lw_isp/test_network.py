import pytest
import torch
from torch.nn.functional import max_pool2d

from arllie_deploy.models.lw_isp.config import LwIspConfig
from arllie_deploy.models.lw_isp.cost import cost_of
from arllie_deploy.models.lw_isp.network import LwIsp


def counts(config: LwIspConfig, side: int) -> tuple[int, int]:
    """Parameters and multiply-accumulates."""
    cost = cost_of(config, side, side)
    return cost.parameters, cost.macs


@pytest.mark.parametrize("head", ["enhancement", "denoising"])
def test_the_rgb_network_has_the_published_counts(head: str) -> None:
    config = LwIspConfig(head=head)
    assert counts(config, 224) == (1_997_449, 4_206_021_416)
    assert counts(config, 256) == (1_997_449, 5_493_567_296)


@pytest.mark.parametrize(
    ("last", "numbers", "products"),
    [
        ("conv1", 1_997_362, 4_201_204_520),
        ("conv3", 1_998_898, 4_278_274_856),
        ("block", 2_009_193, 5_203_118_888),
    ],
)
def test_the_raw_network_has_the_counts_of_its_last_stage(last: str, numbers: int, products: int) -> None:
    assert counts(LwIspConfig(head="raw", last=last), 224) == (numbers, products)


@pytest.mark.parametrize(
    ("head", "numbers", "products"),
    [("enhancement", 1_707_297, 3_166_324_520), ("raw", 1_712_081, 3_816_605_480)],
)
def test_the_form_for_delegates_costs_less_than_the_published_one(head: str, numbers: int, products: int) -> None:
    assert counts(LwIspConfig(head=head).for_delegates(), 224) == (numbers, products)


@pytest.mark.parametrize(
    ("width", "numbers", "products"), [(0.5, 500_267, 1_062_968_136), (0.25, 125_613, 271_785_816)]
)
def test_a_narrow_network_costs_about_its_width_squared(width: float, numbers: int, products: int) -> None:
    assert counts(LwIspConfig(width=width), 224) == (numbers, products)


def test_the_parameters_lie_where_the_layer_table_has_them() -> None:
    with torch.device("meta"):
        network = LwIsp(LwIspConfig())
    found = {name: sum(values.numel() for values in part.parameters()) for name, part in network.named_children()}
    assert {name: found[name] for name in ("d0", "d5", "d9", "a1", "last")} == {
        "d0": 448, "d5": 590_080, "d9": 4_624, "a1": 16 * 2 + 2 + 2 * 16 + 16 + 50, "last": 435,
    }  # fmt: skip
    assert found["u1"] == 128 * 256 * 9 + 256 + 64 * 64 * 9 + 64
    assert found["d6"] == 256 * 128 + 128 + 256 * 128 * 9 + 128 + 128 * 128 * 9 + 128


def test_the_stages_are_joined_as_in_the_layer_table() -> None:
    torch.manual_seed(0)
    n = LwIsp(LwIspConfig(width=0.25)).double().eval()
    frame = torch.rand(1, 3, 32, 48, dtype=torch.float64)
    with torch.inference_mode():
        d0 = n.d0(frame)
        d1 = n.d1(d0)
        d2 = n.d2(n.a1(max_pool2d(d1, 2)))
        d3 = n.d3(n.a2(max_pool2d(d2, 2)))
        d4 = n.d4(n.a3(max_pool2d(d3, 2)))
        d5 = n.d5(n.a4(max_pool2d(d4, 2)))
        d6 = n.d6(d4, d5.mean((2, 3), keepdim=True))
        d7 = n.d7(torch.cat([n.u1(d4) + n.u1(d6), d3], 1))
        d8 = n.d8(torch.cat([n.u2(d3) + n.u2(d7), d2], 1))
        d9 = n.d9(torch.cat([n.u3(d2) + n.u3(d8), d1], 1))
        wanted = torch.sigmoid(n.last.d10(d0 * d9))
        passed = n.run(frame)
    torch.testing.assert_close(passed.enhanced, wanted)
    for level, other in zip(passed.levels, (d6, d7, d8, d9), strict=True):
        torch.testing.assert_close(level, other)


@pytest.mark.parametrize(
    "config",
    [
        LwIspConfig(width=0.25),
        LwIspConfig(width=0.25, head="denoising"),
        LwIspConfig(width=0.25, head="raw"),
        LwIspConfig(width=0.25, head="raw", last="conv3"),
        LwIspConfig(width=0.25, head="raw").for_delegates(),
        LwIspConfig(width=0.25, head="packed", shortcuts="inner"),
    ],
)
def test_what_comes_out_is_as_large_as_the_head_says(config: LwIspConfig) -> None:
    torch.manual_seed(0)
    network = LwIsp(config).eval()
    frame = torch.rand(1, config.input_channels, 32, 48)
    with torch.inference_mode():
        passed, made = network.run(frame), network(frame)
    assert made.shape == (1, 3, 32 * config.scale, 48 * config.scale)
    assert made.min() >= 0.0
    assert made.max() <= 1.0
    assert [tuple(level.shape[1:]) for level in passed.levels] == [(32, 4, 6), (16, 8, 12), (8, 16, 24), (4, 32, 48)]
    assert [tuple(one.shape[1:]) for one in passed.maps] == [
        (4, 16, 24), (8, 8, 12), (16, 4, 6), (32, 2, 3), (64, 2, 3),
    ]  # fmt: skip


def test_denoising_adds_to_the_frame_and_can_darken_it() -> None:
    torch.manual_seed(0)
    network = LwIsp(LwIspConfig(width=0.25, head="denoising")).eval()
    frame = torch.rand(1, 3, 32, 32)
    bias = network.last.d10.bias
    assert bias is not None
    with torch.no_grad():
        bias.fill_(-0.25)
        network.last.d10.weight.zero_()
        torch.testing.assert_close(network.run(frame).enhanced, frame - 0.25)
        torch.testing.assert_close(network(frame), (frame - 0.25).clamp(0.0, 1.0))


@pytest.mark.parametrize(("shortcuts", "varies"), [("all", True), ("inner", False)])
def test_the_shortcuts_at_full_resolution_can_be_cut(shortcuts: str, varies: bool) -> None:
    """With d1 switched off nothing reaches the poolings: what still varies from pixel to pixel came past them."""
    torch.manual_seed(0)
    network = LwIsp(LwIspConfig(width=0.25, doubling="nearest", shortcuts=shortcuts)).double().eval()
    with torch.inference_mode():
        for values in network.d1.parameters():
            values.zero_()
        made = network(torch.rand(1, 3, 32, 32, dtype=torch.float64))
    assert (made.std((2, 3)).max().item() > 1e-6) == varies
