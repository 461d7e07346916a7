import json
from typing import Any

import pytest
from hypothesis import given
from support.random_blocks import structures

from arllie_deploy import ArllieError
from arllie_deploy.reparam.structure import Cell, Structure


@given(structure=structures)
def test_json_round_trip(structure: Structure) -> None:
    assert Structure.from_json(json.loads(json.dumps(structure.to_json()))) == structure


def chain(*operations: str) -> tuple[Cell, ...]:
    return tuple(Cell(operation) for operation in operations)


@pytest.mark.parametrize(
    ("branches", "message"),
    [
        ((), "1 to 4 branches, got 0"),
        ((chain("skip"),) * 5, "1 to 4 branches, got 5"),
        ((chain("skip"), ()), "branch 1 has 0 cells"),
        ((chain("skip", "skip", "skip", "skip"),), "branch 0 has 4 cells"),
        ((chain("conv5x5"),), "branch 0 cell 0: unknown operation 'conv5x5'"),
        ((chain("skip"), chain("conv3x3", "skip", "sobel_x")), "branch 1 cell 2 (sobel_x): a second spatial cell"),
    ],
)
def test_refuses_and_names_the_place(branches: Any, message: str) -> None:
    with pytest.raises(ArllieError) as caught:
        Structure(branches)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"version": 2},
        {"version": 1},
        {"version": 1, "branches": [[{}]], "mid_width": 4},
        {"version": 1, "branches": 3, "mid_width": 4},
    ],
)
def test_refuses_malformed_json(value: dict[str, Any]) -> None:
    with pytest.raises(ArllieError):
        Structure.from_json(value)


def test_a_width_opens_only_between_two_cells_that_mix_channels() -> None:
    structure = Structure((chain("average", "conv1x1", "conv1x1"), chain("conv3x3"), chain("conv1x1", "skip")), 16)
    assert [structure.widths(branch) for branch in range(3)] == [(3, 3, 16, 3), (3, 3), (3, 3, 3)]
