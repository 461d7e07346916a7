from pathlib import Path

import pytest
from support.tflite_files import options_class, schema, schema_name

from arllie_deploy import ArllieError
from arllie_deploy.export.delegates import DELEGATES, OperatorList, find_delegate, load_operator_list
from arllie_deploy.export.delegates.operator_list import Operand, Slot
from arllie_deploy.export.delegates.relations import RELATIONS

_HEAD = """
name = "toy"
owner = "the toy"
read_on = 2026-01-02
most_rank = 4
folds_half_constants = false
sources = [{ url = "https://example.org", what = "all" }]
[kinds]
f32 = [{ type = "FLOAT32" }]
eight = [{ type = "INT8" }, { type = "INT8", axis = 0, zero_point = 0 }]
"""
_USED_BY_NETWORKS = {
    *("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED", "ADD", "SUB", "MUL", "MINIMUM", "MAXIMUM"),
    *(
        "RELU",
        "RELU6",
        "LOGISTIC",
        "TANH",
        "PAD",
        "MEAN",
        "CONCATENATION",
        "RESIZE_BILINEAR",
        "RESIZE_NEAREST_NEIGHBOR",
    ),
    *("SPACE_TO_DEPTH", "DEPTH_TO_SPACE", "AVERAGE_POOL_2D", "MAX_POOL_2D", "RESHAPE", "STRIDED_SLICE", "SOFTMAX"),
}


def _load(folder: Path, text: str) -> OperatorList:
    path = folder / "toy.toml"
    path.write_text(_HEAD + text)
    return load_operator_list(path)


@pytest.mark.parametrize("name", DELEGATES)
def test_each_list_speaks_the_schemas_language(name: str) -> None:
    listed = find_delegate(name)
    assert listed.name == name
    assert set(vars(schema.BuiltinOperator)) >= set(listed.operators)
    for operator, entry in listed.operators.items():
        options = options_class(operator)
        for form in entry.forms:
            assert set(form.rules) <= set(RELATIONS), operator
            for option in (*form.options, *form.most):
                assert hasattr(options(), schema_name(option)), (operator, option)
            for activation in form.options.get("fused_activation_function", ()):
                assert hasattr(schema.ActivationFunctionType, activation)
            for slot in (*form.inputs, *form.outputs):
                assert all(hasattr(schema.TensorType, kind.type) for kind in slot.kinds)


@pytest.mark.parametrize("name", DELEGATES)
def test_each_list_cites_public_sources(name: str) -> None:
    sources = find_delegate(name).sources
    assert sources
    assert all(source.url.startswith("https://") and source.what for source in sources)


@pytest.mark.parametrize("name", DELEGATES)
def test_the_operators_of_the_networks_are_listed(name: str) -> None:
    assert set(find_delegate(name).operators) >= _USED_BY_NETWORKS


def test_only_nnapi_has_levels_and_each_of_its_forms_has_one() -> None:
    levels = {
        name: {form.api_level for entry in find_delegate(name).operators.values() for form in entry.forms}
        for name in DELEGATES
    }
    assert levels == {"gpu": {None}, "nnapi": {27, 28, 29, 30}, "hexagon": {None}}


def test_signed_integers_need_level_30_in_every_form_of_nnapi() -> None:
    for operator, entry in find_delegate("nnapi").operators.items():
        for form in entry.forms:
            symmetric = operator == "DEQUANTIZE" and form.inputs[0].kinds[0].zero_point == 0
            signed = {kind.type for slot in form.outputs for kind in slot.kinds} == {"INT8"}
            assert not signed or form.api_level == 30 or symmetric, operator


def test_hexagon_lists_no_float() -> None:
    for entry in find_delegate("hexagon").operators.values():
        for form in entry.forms:
            assert not any("FLOAT" in kind.type for slot in (*form.inputs, *form.outputs) for kind in slot.kinds)


def test_an_unknown_delegate_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ArllieError, match="unknown delegate 'nnap'; known: gpu, nnapi, hexagon"):
        find_delegate("nnap")


def test_marks_behind_a_kind_make_it_optional_or_repeated(tmp_path: Path) -> None:
    forms = 'forms = [{ inputs = ["f32", "eight?"], outputs = ["f32..."], api_level = 5 }]'
    (form,) = _load(tmp_path, f"[operators.ADD]\nversions = [1, 2]\n{forms}").operators["ADD"].forms
    eight = (Operand("INT8"), Operand("INT8", axis=0, zero_point=0))
    assert form.inputs == (Slot((Operand("FLOAT32"),)), Slot(eight, optional=True))
    assert form.outputs == (Slot((Operand("FLOAT32"),), repeated=True),)
    assert form.api_level == 5


def test_what_is_said_of_an_operator_holds_for_its_forms(tmp_path: Path) -> None:
    text = """
[operators.ADD]
versions = [1, 2]
options = { a = [1], b = [1] }
most = { c = 3 }
rules = ["first"]
forms = [{ inputs = [], outputs = [], options = { b = [2] }, most = { d = 4 }, rules = ["second"] }]
"""
    (form,) = _load(tmp_path, text).operators["ADD"].forms
    assert form.options == {"a": (1,), "b": (2,)}
    assert form.most == {"c": 3, "d": 4}
    assert form.rules == ("first", "second")


@pytest.mark.parametrize(
    "text",
    [
        "[operators.ADD]\nversions = [1, 2]\nforms = []\nsurplus = 1",
        '[operators.ADD]\nversions = [1, 2]\nforms = [{ inputs = ["f23"], outputs = [] }]',
        "[operators.ADD]\nversions = [1, 2]\nforms = [{ inputs = [], outputs = [], surplus = 1 }]",
        "[operators.ADD]\nforms = []",
    ],
)
def test_a_mistake_in_a_data_file_does_not_pass_silently(text: str, tmp_path: Path) -> None:
    with pytest.raises((KeyError, TypeError)):
        _load(tmp_path, text)


def test_a_kind_is_described_for_people() -> None:
    kind = Operand("INT8", constant=True, axis=3, zero_point=0)
    assert kind.describe() == "constant INT8 per channel on axis 3 with zero point 0"
    assert Slot((Operand("INT8"), kind)).describe() == f"INT8 or {kind.describe()}"
