import pytest

from arllie_deploy.export.delegates.operator_list import Operand, Slot
from arllie_deploy.export.delegates.tensor_match import match
from arllie_deploy.export.delegates.tflite_file import Tensor

_STORED = Tensor(7, "INT8", (3, 3), constant=True, scales=(0.5,), zero_points=(4,))


@pytest.mark.parametrize(
    ("kind", "difference"),
    [
        (Operand("INT8"), None),
        (Operand("INT8", constant=True, scale=0.5, zero_point=4, shape=((3, 3), (1, 9))), None),
        (Operand("UINT8"), "is INT8, listed: UINT8"),
        (Operand("INT8", constant=False), "is stored in the file, listed: computed INT8"),
        (Operand("INT8", axis=0), "is INT8, listed: INT8 per channel on axis 0"),
        (Operand("INT8", zero_point=0), "has zero point 4, listed: 0"),
        (Operand("INT8", scale=0.25), "has scale 0.5, listed: 0.25"),
        (Operand("INT8", shape=((3, 3), (4, 9))), "has shape (3, 3), listed (least, most): ((3, 3), (4, 9))"),
        (Operand("INT8", shape=((3, 3),)), "has shape (3, 3), listed (least, most): ((3, 3),)"),
    ],
)
def test_a_tensor_is_compared_with_a_kind_attribute_by_attribute(kind: Operand, difference: str | None) -> None:
    assert match(Slot((kind,)), _STORED)[1] == difference


def test_the_kind_that_is_most_alike_explains_the_difference() -> None:
    slot = Slot((Operand("UINT8"), Operand("INT8", zero_point=0), Operand("INT8", constant=False)))
    assert match(slot, _STORED)[1] == "has zero point 4, listed: 0"


def test_one_fitting_kind_is_enough() -> None:
    assert match(Slot((Operand("UINT8"), Operand("INT8"))), _STORED)[1] is None


def test_only_an_optional_place_may_be_empty() -> None:
    assert match(Slot((Operand("INT8"),), optional=True), None)[1] is None
    assert match(Slot((Operand("INT8"),)), None)[1] == "is missing, listed: INT8"
