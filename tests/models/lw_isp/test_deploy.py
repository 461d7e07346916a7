import pytest
import torch
from torch import nn

from arllie_deploy import ArllieError
from arllie_deploy.models.lw_isp.blocks import GlobalLayers
from arllie_deploy.models.lw_isp.config import LwIspConfig
from arllie_deploy.models.lw_isp.deploy import adopt, balance, build_deployed, build_held, deploy
from arllie_deploy.models.lw_isp.network import LwIsp

CONFIGS = [
    LwIspConfig(width=0.25),
    LwIspConfig(width=0.25, head="denoising"),
    LwIspConfig(width=0.25, head="raw"),
    LwIspConfig(width=0.25, head="raw", last="block"),
    LwIspConfig(width=0.25).for_delegates(),
    LwIspConfig(width=0.25, head="packed", shortcuts="inner"),
]
NAMES = [f"{config.head}-{config.last}-{config.padding}" for config in CONFIGS]


def network_of(config: LwIspConfig, seed: int = 0) -> LwIsp:
    """With weights so large that no part of it is lost beside another one."""
    torch.manual_seed(seed)
    network = LwIsp(config).double().eval()
    with torch.no_grad():
        for values in network.parameters():
            values.mul_(2.0)
    return network


def frame_of(config: LwIspConfig, height: int = 64, width: int = 48) -> torch.Tensor:
    return torch.rand(1, config.input_channels, height, width, dtype=torch.float64)


@pytest.mark.parametrize("config", CONFIGS, ids=NAMES)
def test_the_form_for_inference_is_the_same_function(config: LwIspConfig) -> None:
    network, frame = network_of(config), frame_of(config)
    with torch.inference_mode():
        made = network(frame)
        difference = (deploy(network)(frame) - made).abs().max().item()
    assert made.std((2, 3)).min() > 1e-4
    assert difference <= 1e-9


def test_the_global_vector_is_neither_broadcast_nor_concatenated() -> None:
    """The convolution beside it takes d4 alone, and the vector goes through 1×1 convolutions of one pixel."""
    deployed = deploy(network_of(CONFIGS[0]))
    assert not {type(part) for part in deployed.modules()} & {nn.Linear, GlobalLayers}
    weights = deployed.d6.state_dict()
    assert {name: tuple(weights[f"{name}.weight"].shape) for name in ("first", "join", "vector")} == {
        "first": (32, 32, 3, 3), "join": (32, 32, 1, 1), "vector": (32, 64, 1, 1),
    }  # fmt: skip


@pytest.mark.parametrize("config", CONFIGS, ids=NAMES)
def test_balancing_changes_no_bit_of_what_is_computed(config: LwIspConfig) -> None:
    deployed, frame = deploy(network_of(config).float()), frame_of(config).float()
    with torch.no_grad():
        # As training leaves them: what comes from below is far larger than what it is joined with.
        deployed.d7.conv.weight[:, : deployed.u1.fine.conv.out_channels] /= 50.0
    with torch.inference_mode():
        made, weights = deployed(frame), deployed.d7.conv.weight.clone()
        balance(deployed)
        assert (deployed(frame) == made).all()
    assert (deployed.d7.conv.weight != weights).any()


def test_balancing_brings_what_is_joined_to_one_size() -> None:
    deployed, frame = deploy(network_of(CONFIGS[0])), frame_of(CONFIGS[0])
    with torch.no_grad():
        for part in (deployed.u1.fine.conv.weight, deployed.u1.fine.conv.bias):
            part.mul_(64.0)
        deployed.d7.conv.weight[:, : deployed.u1.fine.conv.out_channels] /= 64.0
    before = join_of(deployed, frame)
    balance(deployed)
    after = join_of(deployed, frame)
    assert before > 10.0
    assert before / 256.0 < after < before / 32.0


def join_of(deployed: LwIsp, frame: torch.Tensor) -> float:
    """How much larger one half of the deepest join is than the other."""
    seen: list[torch.Tensor] = []
    hook = deployed.d7.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    deployed(frame)
    hook.remove()
    below, beside = seen[0].chunk(2, 1)
    return (below.abs().max() / beside.abs().max()).item()


def test_a_join_without_weights_stays_as_it_is() -> None:
    deployed = deploy(network_of(CONFIGS[0]))
    with torch.no_grad():
        deployed.d7.conv.weight.zero_()
    before = deployed.u1.fine.conv.weight.clone()
    balance(deployed)
    assert (deployed.u1.fine.conv.weight == before).all()


def test_making_it_leaves_the_training_network_as_it_is() -> None:
    network = network_of(CONFIGS[0])
    before = {name: value.clone() for name, value in network.state_dict().items()}
    deploy(network)
    assert isinstance(network.d6, GlobalLayers)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_it_is_built_from_its_arguments_and_loads_its_weights() -> None:
    config = LwIspConfig(width=0.25, head="raw", last="conv3")
    network = network_of(config)
    built = build_deployed(**config.to_json()).double()
    built.load_state_dict(deploy(network).state_dict())
    frame = frame_of(config, 32, 32)
    with torch.inference_mode():
        assert torch.equal(built(frame), deploy(network)(frame))


def test_the_names_of_its_weights_are_those_of_the_layer_table() -> None:
    names = list(deploy(network_of(CONFIGS[0])).state_dict())
    assert max(map(len, names)) <= len("a1.channel.reduce.weight")
    for name in ("d0.conv.weight", "a4.spatial.conv.weight", "d6.join.weight", "u3.wide.conv.bias", "last.d10.weight"):
        assert name in names


def test_the_forms_for_parts_take_the_same_weights() -> None:
    config = CONFIGS[2]
    network, frame = network_of(config), frame_of(config, 32, 32)
    form = build_held(**config.to_json()).double()
    form.network.load_state_dict(deploy(network).state_dict())  # type: ignore[union-attr]  # a module
    with torch.inference_mode():
        wanted = network.run(frame)
        values = torch.cat([one.mean((2, 3), keepdim=True) for one in wanted.maps], 1)
        output, *maps = form(frame, values)
    assert (output - wanted.enhanced).abs().max().item() <= 1e-9
    for one, other in zip(maps, wanted.maps, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("config", CONFIGS, ids=NAMES)
def test_a_network_goes_on_from_the_weights_of_its_form_for_inference(config: LwIspConfig) -> None:
    first, second = network_of(config), network_of(config, seed=1)
    frame = frame_of(config, 32, 48)
    with torch.inference_mode():
        assert (second(frame) - first(frame)).abs().max() > 1e-4
    adopt(second, deploy(first).state_dict())
    with torch.inference_mode():
        assert (second(frame) - first(frame)).abs().max().item() <= 1e-9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width": 0.5}, "the weights to start from do not fit this configuration: size mismatch"),
        ({"width": 0.25, "head": "raw"}, "do not fit this configuration: size mismatch"),
        ({"width": 0.25, "summary": "learned"}, "do not fit this configuration: Missing key"),
    ],
)
def test_weights_of_another_network_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ArllieError, match=message):
        adopt(LwIsp(LwIspConfig.from_json(arguments)), deploy(network_of(CONFIGS[0])).state_dict())
