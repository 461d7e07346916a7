import torch
from torch import nn

from arllie_deploy.training.averaged import Averaged


def network() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.BatchNorm2d(1))


def weight(module: nn.Module) -> float:
    return next(module.parameters()).item()


def test_the_average_follows_what_is_trained_by_its_share() -> None:
    averaged = Averaged(network(), 0.25)
    with torch.no_grad():
        for part, value in ((averaged.average, 0.0), (averaged.live, 8.0)):
            next(part.parameters()).fill_(value)
    averaged.follow(10_000)
    assert weight(averaged.average) == 2.0
    averaged.follow(10_001)
    assert weight(averaged.average) == 3.5
    assert weight(averaged.live) == 8.0


def test_the_first_steps_are_forgotten_soon() -> None:
    averaged = Averaged(network(), 1e-4)
    values = [float(step) for step in range(100)]
    for step, value in enumerate(values):
        with torch.no_grad():
            next(averaged.live.parameters()).fill_(value)
        averaged.follow(step)
    assert 85.0 < weight(averaged.average) < 95.0


def test_statistics_of_normalizations_are_averaged_and_not_made_from_batches() -> None:
    averaged = Averaged(network(), 0.5)
    averaged.train()
    averaged.live(torch.full((2, 1, 4, 4), 3.0) + torch.randn(2, 1, 4, 4))
    live, average = averaged.live[1], averaged.average[1]  # type: ignore[index]  # both are sequences
    assert not average.training
    assert average.running_mean.item() == 0.0
    averaged.follow(10_000)
    assert average.running_mean.item() == live.running_mean.item() / 2
    assert average.num_batches_tracked.item() == 1


def test_nothing_is_learned_by_the_average_itself() -> None:
    averaged = Averaged(network(), 0.5)
    averaged.train()
    averaged.live(torch.rand(2, 1, 4, 4)).sum().backward()
    assert all(parameter.grad is None for parameter in averaged.average.parameters())
    assert all(not parameter.requires_grad for parameter in averaged.average.parameters())
