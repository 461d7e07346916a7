import pytest
import torch
from torch import Tensor
from torch.nn import functional

from arllie_deploy import ArllieError
from arllie_deploy.models.sad_unet.distillation import attention, distillation


def levels(count: int = 3) -> list[Tensor]:
    torch.manual_seed(0)
    return [torch.rand(2, 4 * 2**index, 16 >> index, 16 >> index, requires_grad=True) for index in range(count)]


def test_an_activation_map_is_the_sum_of_squares_over_channels() -> None:
    level = torch.tensor([[[[1.0, 2.0]], [[3.0, 0.0]]]])
    assert attention(level).tolist() == [[[[10.0, 4.0]]]]


def test_equal_maps_cost_nothing_and_their_size_does_not_matter() -> None:
    shallow = torch.rand(1, 3, 8, 8)
    assert distillation([shallow, 5.0 * shallow], pairs=[(1, 2)]).item() == pytest.approx(0.0, abs=1e-6)


def test_disjoint_maps_are_two_apart() -> None:
    """‖a − b‖² of two unit vectors at right angles."""
    left, right = torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 4)
    left[..., 0], right[..., 3] = 1.0, 2.0
    assert distillation([left, right], pairs=[(1, 2)]).item() == pytest.approx(2.0)


def test_the_deeper_level_is_not_pulled() -> None:
    made = levels(2)
    distillation(made, pairs=[(1, 2)]).backward()
    assert made[0].grad is not None
    assert made[0].grad.abs().max() > 0.0
    assert made[1].grad is None


def test_the_softmax_form_is_the_original_times_the_number_of_pixels() -> None:
    made = levels(2)
    wanted = functional.interpolate(attention(made[1]), size=(16, 16), mode="bilinear", align_corners=False)
    maps = [torch.softmax(values.flatten(1), 1) for values in (attention(made[0]), wanted)]
    original = functional.mse_loss(*maps)
    torch.testing.assert_close(distillation(made, "softmax", [(1, 2)]), original * 256)


def test_the_normalized_form_is_not_lost_beside_a_loss_of_a_tenth() -> None:
    """Why it is the default: the original mean squared error is thousands of times smaller."""
    torch.manual_seed(0)
    made = [torch.randn(1, 16 << index, 128 >> index, 128 >> index).relu() for index in range(2)]
    normalized = distillation(made, "l2", [(1, 2)]).item()
    original = distillation(made, "softmax", [(1, 2)]).item() / 128**2
    assert normalized > 0.05
    assert original < normalized / 200


def test_the_pairs_are_added() -> None:
    made = levels()
    parts = [distillation(made, pairs=[pair]) for pair in ((1, 2), (2, 3))]
    torch.testing.assert_close(distillation(made, pairs=[(1, 2), (2, 3)]), parts[0] + parts[1])


@pytest.mark.parametrize("pair", [(3, 4), (0, 1), (5, 2)])
def test_a_missing_level_is_named(pair: tuple[int, int]) -> None:
    missing = next(level for level in pair if not 1 <= level <= 3)
    with pytest.raises(ArllieError, match=f"there is no level {missing}; the network has 1 to 3"):
        distillation(levels(), pairs=[pair])


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(ArllieError, match="'mse'; known: l2, softmax"):
        distillation(levels(), "mse")
