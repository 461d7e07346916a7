import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.bench_rows import made_result, measured_row, unavailable_row

from arllie_deploy import ArllieError
from arllie_deploy.bench.result_file import parse_result, read_result


def stored() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(json.dumps(made_result().to_json()))
    return value


def parse(value: Any) -> Any:
    return parse_result(json.dumps(value).encode())


def test_what_was_written_is_read() -> None:
    result = made_result(measured_row(), unavailable_row())
    assert json.dumps(parse(result.to_json()).to_json()) == json.dumps(result.to_json())
    assert parse(result.to_json()).rows == result.rows


def test_a_field_of_a_newer_version_is_left_aside() -> None:
    value = stored()
    value["weather"] = "sunny"
    value["rows"][0]["joules"] = 3
    assert parse(value).rows == parse(stored()).rows


def test_an_optional_field_of_an_older_version_may_be_absent() -> None:
    value = stored()
    for name in ("device", "model", "x_copy_hot", "artifact_bytes"):
        value["rows"][0].pop(name)
    assert parse(value).rows[0] == replace(measured_row(), x_copy_hot=None)


@pytest.mark.parametrize(
    ("path", "wrong", "message"),
    [
        (["rows", 0, "threads"], "two", "rows[0].threads is 'two'"),
        (["rows", 0, "threads"], True, "rows[0].threads is True"),
        (["rows", 0, "status"], "fast", "rows[0].status is 'fast'; known: measured"),
        (["rows", 0, "status"], [], "rows[0].status is []"),
        (["rows", 0, "infer_ms"], {"n": 3}, "rows[0].infer_ms.min is missing"),
        (["rows", 0, "reason"], "slow", "rows[0]: a measured row has no reason"),
        (["rows", 0], 7, "rows[0] is 7, expected an object"),
        (["rows"], {}, "rows is {}, expected a list"),
        (["machine", "cores"], 2.5, "machine.cores is 2.5, expected a whole number"),
        (["machine", "load_average"], 10**400, "machine.load_average is not finite"),
        (["tools", "x"], 1, "tools.'x' is 1, expected text"),
        (["model"], None, "model is None, expected an object"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(path: list[Any], wrong: Any, message: str) -> None:
    value = stored()
    inner = value
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = wrong
    with pytest.raises(ArllieError) as caught:
        parse(value)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["rows", "machine", "settings", "size", "run_id"])
def test_a_field_that_is_needed_is_missed(name: str) -> None:
    value = stored()
    value.pop(name)
    with pytest.raises(ArllieError, match=f"{name} is missing"):
        parse(value)


@pytest.mark.parametrize("version", [0, 2, "1", None, True, "x" * 5000])
def test_another_schema_version_is_refused_in_one_short_line(version: Any) -> None:
    with pytest.raises(ArllieError, match=r"schema version .* reads 1; measure again") as caught:
        parse({**stored(), "schema_version": version})
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a JSON file"),
        (b"\xff\xfe", "not a JSON file"),
        (b"[" * 100_000, "not a JSON file"),
        (b'{"schema_version": NaN}', "NaN is no JSON"),
        (b"[1]", "it has no schema_version"),
        (b"{}", "it has no schema_version"),
    ],
)
def test_what_is_no_result_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(ArllieError, match=message):
        parse_result(data)


@given(
    st.sampled_from(["runtime", "threads", "parity", "infer_ms", "x_copy_cold", "status"]),
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5),
)
def test_whatever_stands_in_a_row_gives_a_result_or_one_line(name: str, value: Any) -> None:
    whole = stored()
    whole["rows"][0][name] = value
    try:
        parse(whole)
    except ArllieError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017 - most values are refused, some are fine


def test_nothing_in_it_can_move_a_cursor() -> None:
    value = stored()
    value["machine"]["cpu"] = "\x1b[2Jcleared\n"
    value["tools"] = {"\x1b[2J": "1"}
    result = parse(value)
    assert result.machine.cpu == " [2Jcleared "
    assert list(result.tools) == [" [2J"]


def test_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match=r"none\.json: no such file"):
        read_result(tmp_path / "none.json")
    with pytest.raises(ArllieError, match="no such file"):
        read_result(tmp_path)
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(ArllieError, match=r"bad\.json: not a JSON file"):
        read_result(tmp_path / "bad.json")
