import pytest
import torch
from torch import nn

from arllie_deploy.export.networks import precise
from arllie_deploy.export.networks.precise import to_precise


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(4, 6, 9, padding=4),
        nn.Conv2d(4, 6, 3),
        nn.Conv2d(4, 6, 3, padding=2, dilation=2, groups=2),
        nn.Conv2d(4, 6, (5, 3), padding=(2, 1), bias=False),
        nn.Conv2d(4, 6, 3, stride=2, padding=1),
        nn.Conv2d(4, 6, 3, padding=1, padding_mode="reflect"),
    ],
    ids=str,
)
def test_strips_are_the_whole_frame(layer: nn.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precise, "_MOST_BYTES", 8 * 4 * 9 * 9 * 24 * 5)
    y = torch.rand(2, 4, 31, 24, dtype=torch.float64)
    whole = nn.Sequential(layer).double()
    with torch.inference_mode():
        torch.testing.assert_close(to_precise(whole)(y), whole(y), rtol=1e-12, atol=1e-12)


def test_only_the_copy_changes() -> None:
    module = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1)).train()
    copy = to_precise(module)
    assert (module[0].weight.dtype, copy[0].weight.dtype) == (torch.float32, torch.float64)
    assert module.training
    assert not copy.training
    assert "forward" not in vars(module[0])
