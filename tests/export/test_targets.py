from importlib import import_module
from pkgutil import iter_modules

import pytest

from arllie_deploy import ArllieError
from arllie_deploy.export import targets
from arllie_deploy.export.parity import LIMITS
from arllie_deploy.export.targets import TARGETS, find_targets
from arllie_deploy.models import find_fixed_model
from arllie_deploy.runtimes import RUNTIMES

ROWS = {
    module.name: import_module(f"{targets.__name__}.{module.name}")
    for module in iter_modules(targets.__path__)
    if module.name != "base"
}


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_each_row_is_whole(target: object) -> None:
    row = TARGETS[target.name]  # type: ignore[attr-defined]
    assert RUNTIMES[row.runtime].opens == row.suffix
    assert row.proof
    assert ROWS[row.name.replace("-", "_")].ROW is row
    assert set(row.precisions) <= set(LIMITS)
    assert callable(row.writer())
    for precision in row.precisions:
        assert find_fixed_model(row.default_model(precision)).epilogue in row.forms(precision)


def test_all_means_every_row() -> None:
    assert find_targets("all") == find_targets("onnx-cpu,all") == list(TARGETS.values())


def test_each_row_has_a_file_of_its_name() -> None:
    assert set(ROWS) == {name.replace("-", "_") for name in TARGETS}


def test_a_list_keeps_its_order_and_names_each_once() -> None:
    assert [row.name for row in find_targets("tflite-cpu, onnx-cpu,tflite-cpu")] == ["tflite-cpu", "onnx-cpu"]


@pytest.mark.parametrize(
    ("given", "hint"),
    [("onx-cpu", "did you mean 'onnx-cpu'?"), ("tflitecpu", "did you mean 'tflite-cpu'?"), ("", "known: onnx-cpu")],
)
def test_an_unknown_target_is_answered_with_a_hint(given: str, hint: str) -> None:
    with pytest.raises(ArllieError) as caught:
        find_targets(given)
    assert hint in str(caught.value)


def test_the_size_is_in_the_name_only_where_it_is_fixed() -> None:
    names = [row.file_name("m", "fp32", (64, 48)) for row in find_targets("onnx-cpu,tflite-cpu")]
    assert names == ["m-onnx-cpu-fp32.onnx", "m-tflite-cpu-fp32-64x48.tflite"]
