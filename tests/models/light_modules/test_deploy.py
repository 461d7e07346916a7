import pytest
import torch
from torch import nn

from arllie_deploy import ArllieError
from arllie_deploy.models.light_modules.config import LightModulesConfig
from arllie_deploy.models.light_modules.deploy import adopt, build_deployed, deploy
from arllie_deploy.models.light_modules.network import LightModulesNetwork, build

CASES = {
    "dncnn": {"blocks": 3},
    "dncnn-full": {"blocks": 3, "convolutions": "full"},
    "dncnn-activated": {"blocks": 3, "form": "activated"},
    "srresnet": {"task": "super-resolution", "blocks": 2},
    "srresnet-full": {"task": "super-resolution", "blocks": 2, "convolutions": "full"},
    "srresnet-activated": {"task": "super-resolution", "blocks": 1, "form": "activated", "shortcut": "bilinear"},
    "completion": {"task": "inpainting"},
    "completion-full": {"task": "inpainting", "convolutions": "full"},
    "completion-smooth": {"task": "inpainting", "shortcut": "smooth"},
    "completion-delegates": LightModulesConfig("inpainting").for_delegates().to_json(),
}


def trained(case: str) -> LightModulesNetwork:
    """A network with statistics, scales and offsets that are not those of a new one."""
    torch.manual_seed(0)
    network = build(LightModulesConfig.from_json({**CASES[case], "width": 0.25})).double()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0.0, 0.2)  # type: ignore[union-attr]  # they are tensors in a new one
            module.running_var.uniform_(0.5, 2.0)  # type: ignore[union-attr]
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0.0, 0.2)
        elif isinstance(module, nn.Conv2d) and not module.weight.any():
            nn.init.normal_(module.weight, 0.0, 0.2)
    return network.eval()


def frame(network: LightModulesNetwork) -> torch.Tensor:
    height = network.config.minimum
    y = torch.rand(2, network.config.channels, height, height + max(8, network.config.alignment), dtype=torch.float64)
    y[:, 3:] = y[:, 3:].round()
    return y


@pytest.mark.parametrize("case", CASES)
def test_the_form_for_inference_is_the_same_function_without_normalizations(case: str) -> None:
    network = trained(case)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    form, y = deploy(network), frame(network)
    with torch.inference_mode():
        torch.testing.assert_close(form.run(y).enhanced, network.run(y).enhanced, rtol=1e-9, atol=1e-9)
    assert not any(isinstance(part, nn.BatchNorm2d) for part in form.modules())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize("case", CASES)
def test_a_training_network_takes_on_the_function_of_a_form_for_inference(case: str) -> None:
    network, y = trained(case), frame(trained(case))
    torch.manual_seed(1)
    other = build(network.config).double().eval()
    adopt(other, deploy(network).state_dict())
    with torch.inference_mode():
        torch.testing.assert_close(other.run(y).enhanced, network.run(y).enhanced, rtol=1e-9, atol=1e-9)
    assert any(values.requires_grad for values in other.parameters())


def test_it_is_built_from_its_arguments_and_loads_its_weights() -> None:
    network = trained("completion").float()
    form, y = build_deployed(**network.config.to_json()), frame(network).float()
    form.load_state_dict(deploy(network).state_dict())
    assert not form.training
    with torch.inference_mode():
        torch.testing.assert_close(form(y), network(y))


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(ArllieError, match="light-modules: the weights to start from do not fit"):
        adopt(trained("dncnn"), deploy(trained("dncnn-full")).state_dict())
