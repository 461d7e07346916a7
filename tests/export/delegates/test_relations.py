import pytest

from arllie_deploy.export.delegates.relations import RELATIONS
from arllie_deploy.export.delegates.tflite_file import Node, Tensor


def _tensor(scale: float = 0.5, zero_point: int = 0, rank: int = 4) -> Tensor:
    return Tensor(0, "INT8", (1,) * rank, constant=False, scales=(scale,), zero_points=(zero_point,))


def _node(*inputs: Tensor, out: Tensor | None = None, **options: int) -> Node:
    return Node(0, "ANY", 1, inputs, (out or _tensor(),), options)


@pytest.mark.parametrize(("scale", "zero_point", "holds"), [(0.5, 0, True), (0.25, 0, False), (0.5, 1, False)])
def test_same_quantization(scale: float, zero_point: int, holds: bool) -> None:
    problem = RELATIONS["same quantization"](_node(_tensor(), out=_tensor(scale, zero_point)))
    assert (problem is None) == holds


@pytest.mark.parametrize(("out", "holds"), [(0.26, True), (0.25, False), (0.2, False)])
def test_scale_above_product(out: float, holds: bool) -> None:
    problem = RELATIONS["scale above product"](_node(_tensor(), _tensor(), _tensor(100.0), out=_tensor(out)))
    assert (problem is None) == holds


@pytest.mark.parametrize(("ranks", "holds"), [((4, 4), True), ((4, 0), True), ((1, 4), True), ((4, 2), False)])
def test_equal_ranks_or_scalar(ranks: tuple[int, int], holds: bool) -> None:
    problem = RELATIONS["equal ranks or scalar"](_node(*(_tensor(rank=rank) for rank in ranks)))
    assert (problem is None) == holds


@pytest.mark.parametrize(("width", "holds"), [(16, True), (17, False)])
def test_small_window(width: int, holds: bool) -> None:
    problem = RELATIONS["small window"](_node(_tensor(), filter_width=width, filter_height=16))
    assert (problem is None) == holds
