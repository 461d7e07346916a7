import numpy as np
import pytest
import torch
from torch.nn import functional

from arllie_deploy.statistics import COUNT
from arllie_deploy.training.adaptive_network import AdaptiveNetwork

FORMS = ["curve", "plain", "basis"]


def network(form: str, seed: int = 0) -> AdaptiveNetwork:
    torch.manual_seed(seed)
    made = AdaptiveNetwork(form, 8, 3, 0.5, torch.zeros(COUNT), torch.ones(COUNT))
    with torch.no_grad():
        made.output_weight.mul_(10)
    made.follow(1.0)
    return made


def batch(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(4, COUNT, generator=generator), torch.rand(4, 3, 9, 11, generator=generator)


@pytest.mark.parametrize("form", FORMS)
def test_the_model_computes_what_the_network_does(form: str) -> None:
    trained, (statistics, y) = network(form).eval(), batch()
    model = trained.to_model("m", {}, "MIT")
    with torch.no_grad():
        expected = trained(statistics, y).clamp(0, 1).double().numpy()
    for index in range(len(y)):
        enhancer = model.condition(statistics[index].double().numpy())
        frame = np.moveaxis(y[index].double().numpy(), 0, 2)
        np.testing.assert_allclose(enhancer.reference(frame), np.moveaxis(expected[index], 0, 2), atol=1e-5)


def test_the_convolution_of_a_batch_is_that_of_each_frame() -> None:
    trained, (statistics, y) = network("plain").eval(), batch()
    with torch.no_grad():
        together = trained(statistics, y)
    model = trained.to_model("m", {}, "MIT")
    for index in range(len(y)):
        enhancer = model.condition(statistics[index].double().numpy())
        alone = functional.conv2d(
            y[index : index + 1], torch.from_numpy(enhancer.kernel), torch.from_numpy(enhancer.bias), padding=1
        )
        np.testing.assert_allclose(together[index : index + 1], alone, atol=1e-5)


@pytest.mark.parametrize("form", FORMS)
def test_every_weight_has_a_gradient(form: str) -> None:
    trained, (statistics, y) = network(form).train(), batch()
    trained(statistics, y).square().mean().backward()
    for name, parameter in trained.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_evaluation_uses_the_average_and_training_the_newest_weights() -> None:
    trained, (statistics, y) = network("plain"), batch()
    before = trained.eval()(statistics, y)
    with torch.no_grad():
        trained.output_bias.add_(1.0)
    assert torch.equal(trained.eval()(statistics, y), before)
    trained.follow(0.25)
    assert trained.average_output_bias[81].item() == pytest.approx(0.25)
    assert trained.finite()
    with torch.no_grad():
        trained.output_bias.fill_(torch.nan)
    trained.follow(0.5)
    assert not trained.finite()


def test_the_first_model_brightens_every_form() -> None:
    for form in FORMS:
        torch.manual_seed(0)
        made = AdaptiveNetwork(form, 8, 3, 0.0, torch.zeros(COUNT), torch.ones(COUNT)).eval()
        output = made(torch.zeros(1, COUNT), torch.full((1, 3, 8, 8), 0.1))
        assert 0.2 < output[:, :, 1:-1, 1:-1].mean() < 0.9
