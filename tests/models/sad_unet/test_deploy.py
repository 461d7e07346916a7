import pytest
import torch
from torch import nn

from arllie_deploy import ArllieError
from arllie_deploy.models.sad_unet.blocks import Depthwise
from arllie_deploy.models.sad_unet.config import SadUnetConfig
from arllie_deploy.models.sad_unet.deploy import adopt, build_deployed, deploy
from arllie_deploy.models.sad_unet.distillation import distillation
from arllie_deploy.models.sad_unet.network import SadUnet

TINY = {"width": 0.25, "stem": 16, "expansion": 2}


def trained(**arguments: object) -> SadUnet:
    """A network with statistics, scales and offsets that are not those of a new one."""
    torch.manual_seed(0)
    network = SadUnet(SadUnetConfig.from_json({**TINY, **arguments})).double()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()  # type: ignore[union-attr]  # they are tensors in a new one
            module.running_var.uniform_(0.5, 2.0)  # type: ignore[union-attr]
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias)
    for name, values in network.named_parameters():
        if name.startswith("extract.") and not values.any():
            nn.init.normal_(values, std=0.1)
    return network.eval()


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"skip": "direct", "activator": "learned", "strength": 0.5},
        {"depthwise": "plain", "activation": "relu", "upsampling": "nearest"},
        {"projection": "activated", "stem": 64, "gain": 8.0},
        {"residual": "affine", "gain": 8.0, "strength": 0.4},
        {"residual": "affine", "gain": 8.0, "reduction": 2},
        {"residual": "affine", "gain": 8.0, "reduction": 4},
        {"residual": "affine", "gain": 8.0, "denoising": 1, "activation": "relu"},
        {"residual": "affine", "gain": 8.0, "reduction": 4, "denoising": 2, "upsampling": "nearest"},
    ],
)
def test_the_form_for_inference_is_the_same_function(arguments: dict[str, object]) -> None:
    network = trained(**arguments)
    frame = torch.rand(2, 3, 128, 256, dtype=torch.float64)
    with torch.inference_mode():
        difference = (deploy(network).double()(frame) - network(frame)).abs().max().item()
    assert difference <= 1e-9


def test_it_holds_convolutions_alone() -> None:
    kinds = {type(part).__name__ for part in deploy(trained()).modules()}
    assert not kinds & {"BatchNorm2d", "AxialDepthwise", "PlainDepthwise", "Activator"}


def test_making_it_leaves_the_training_network_as_it_is() -> None:
    network = trained()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    deploy(network)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_it_is_built_from_its_arguments_and_loads_its_weights() -> None:
    network = trained(skip="direct").float()
    frame = torch.rand(1, 3, 32, 64)
    built = build_deployed(**network.config.to_json())
    built.load_state_dict(deploy(network).state_dict())
    with torch.inference_mode():
        assert torch.equal(built(frame), deploy(network)(frame))


def test_distillation_leaves_nothing_in_the_graph_for_inference() -> None:
    """One step with the term switched on changes weights, and nothing else of what runs."""
    network = trained()
    plain = [str(part) for part in deploy(network).modules()]
    network.train()
    distillation(network.run(torch.rand(1, 3, 64, 64, dtype=torch.float64)).levels).backward()
    assert [str(part) for part in deploy(network).modules()] == plain


@pytest.mark.parametrize(
    "arguments",
    [{"depthwise": "plain", "strength": 0.3}, {}, {"context": 2, "gain": 8.0}, {"depthwise": "plain", "context": 1}],
)
def test_a_network_goes_on_from_the_weights_of_an_axial_one(arguments: dict[str, object]) -> None:
    axial, other = trained(), trained(**arguments)
    adopt(other, deploy(axial).state_dict())
    frame = torch.rand(1, 3, 64, 64, dtype=torch.float64)
    with torch.inference_mode():
        difference = (other.eval()(frame) - axial(frame)).abs().max().item()
    assert difference <= 1e-9


@pytest.mark.parametrize(("reduction", "denoising"), [(1, 0), (2, 0), (4, 0), (1, 1), (4, 2)])
def test_an_affine_network_goes_on_from_the_weights_of_an_affine_one(reduction: int, denoising: int) -> None:
    first = trained(residual="affine", gain=8.0, reduction=reduction, denoising=denoising)
    second = trained(residual="affine", gain=4.0, strength=0.3, reduction=reduction, denoising=denoising)
    adopt(second, deploy(first).state_dict())
    frame = torch.rand(1, 3, 128, 128, dtype=torch.float64)
    with torch.inference_mode():
        assert (second.eval()(frame) - first(frame)).abs().max().item() <= 1e-9


def test_an_axial_network_does_not_take_kernels_with_corners() -> None:
    with pytest.raises(ArllieError, match="have corners"):
        adopt(trained(), deploy(trained(depthwise="plain")).state_dict())


def test_denoising_says_nothing_before_it_is_trained() -> None:
    torch.manual_seed(0)
    arguments = {**TINY, "residual": "affine", "reduction": 4}
    without, with_it = (
        SadUnet(SadUnetConfig.from_json(arguments)),
        SadUnet(SadUnetConfig.from_json({**arguments, "denoising": 2})),
    )
    adopt(with_it, deploy(without).state_dict())
    frame = torch.rand(1, 3, 128, 128)
    with torch.inference_mode():
        assert torch.equal(with_it.extract.denoising(frame), torch.zeros_like(frame))  # type: ignore[union-attr,operator]
        assert (with_it.eval()(frame) - without.eval()(frame)).abs().max().item() <= 1e-5


def test_blocks_of_context_are_kept_when_a_network_goes_on() -> None:
    first, second = trained(context=1), trained(context=1)
    nn.init.normal_(second.context[0].project.weight)  # type: ignore[union-attr,arg-type]  # a block
    adopt(second, deploy(first).state_dict())
    frame = torch.rand(1, 3, 64, 64, dtype=torch.float64)
    with torch.inference_mode():
        assert (second.eval()(frame) - first(frame)).abs().max().item() <= 1e-9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"depthwise": "plain", "width": 0.5},
            "the weights to start from do not fit this configuration: size mismatch",
        ),
        ({"depthwise": "plain", "skip": "direct"}, "do not fit this configuration: Unexpected key"),
        ({"context": 1, "skip": "direct"}, "do not fit this configuration: Unexpected key"),
        ({"depthwise": "plain", "width": 1.0}, "do not fit this configuration: size mismatch"),
    ],
)
def test_weights_of_another_network_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ArllieError, match=message):
        adopt(trained(**arguments), deploy(trained()).state_dict())


def test_a_kernel_keeps_its_cross() -> None:
    network = trained()
    part: Depthwise = network.levels[1][0].depthwise  # type: ignore[index,assignment]  # a block of a level
    corners = part.kernel()[:, :, ::2, ::2]
    assert corners.abs().max() == 0.0


def test_no_average_is_rounded_before_it_is_multiplied() -> None:
    """A pooling of its own would give an integer form averages in steps of the frame's own levels."""
    kinds = {type(part).__name__ for part in deploy(trained(residual="affine", reduction=4)).modules()}
    assert "AvgPool2d" not in kinds
