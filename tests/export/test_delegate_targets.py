import pytest

from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.export.delegates import DELEGATES
from arllie_deploy.export.targets import tflite_gpu, tflite_hexagon, tflite_nnapi
from arllie_deploy.export.targets.base import Target

_ROWS = (tflite_gpu.ROW, tflite_nnapi.ROW, tflite_hexagon.ROW)


def test_each_delegate_has_its_target() -> None:
    assert tuple(row.delegate for row in _ROWS) == DELEGATES


@pytest.mark.parametrize("row", _ROWS[1:], ids=lambda row: row.name)
def test_integer_delegates_take_the_plain_form_by_default_and_no_other(row: Target) -> None:
    assert row.precisions[0] == "int8"
    assert row.forms("int8") == ("plain",)
    assert row.default_model("int8") == "arllie-plain-lol"


@pytest.mark.parametrize("row", _ROWS[:2], ids=lambda row: row.name)
def test_float_delegates_take_every_form(row: Target) -> None:
    assert row.forms("fp16") == tuple(EPILOGUES)
