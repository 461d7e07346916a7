import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.bench_rows import emulated_row, made_result, measured_row, unavailable_row

from arllie_deploy.bench.report_markdown import to_markdown
from arllie_deploy.bench.result import Result


def lines(result: Result) -> list[str]:
    return to_markdown(result).decode().splitlines()


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_the_table_has_a_line_per_row_with_its_figures() -> None:
    header, rule, first, second = [cells(line) for line in lines(made_result()) if line.startswith("|")]
    assert len(header) == len(rule) == len(first) == len(second)
    found = dict(zip(header, first, strict=True))
    assert (found["row"], found["infer p50 ms"], found["end to end p50 ms"]) == ("onnxruntime", "20", "40")
    assert (found["status"], found["memory"]) == ("measured", "123 MB")
    assert set(second[5:]) == {"–"}


def test_what_an_emulator_counted_stands_in_place_of_a_time() -> None:
    header, _, found = [cells(line) for line in lines(made_result(emulated_row(1.6149))) if line.startswith("|")]
    row = dict(zip(header, found, strict=True))
    assert (row["end to end p50 ms"], row["infer p50 ms"], row["p90"]) == ("1.615 packets/pixel", "–", "–")


def test_every_reason_the_warnings_and_the_command_are_there() -> None:
    result = replace(made_result(unavailable_row("no phone"), command="arllie-bench -x"), warnings=["it was busy"])
    text = to_markdown(result).decode()
    assert "- **unavailable**: litert · npu · int8: no phone" in text
    assert "> it was busy" in text
    assert "```sh\narllie-bench -x\n```" in text
    assert "Interrupted" in to_markdown(made_result(complete=False)).decode()


@given(st.text(min_size=1, max_size=40).filter(str.strip))
def test_no_text_breaks_the_table(text: str) -> None:
    row = replace(measured_row(text), model=text, precision=text)
    table = [line for line in lines(made_result(row, unavailable_row(text))) if line.startswith("| ")]
    assert len(table) == 4
    assert len({len(cells(line.replace("\\\\", ""))) for line in table}) == 1


@pytest.mark.parametrize("text", ["<b>", "a|b", "`x`", "*x*", "[a](b)", "&lt;", "a_b_c", "@someone", "\\"])
def test_characters_that_mean_something_get_a_backslash(text: str) -> None:
    (reason,) = [line for line in lines(made_result(unavailable_row(text))) if line.startswith("- ")]
    shown = reason.partition("int8: ")[2]
    assert re.sub(r"\\(.)", r"\1", shown) == text
    assert "\\" in shown


def test_a_command_with_backticks_stays_inside_its_block() -> None:
    found = lines(made_result(command="arllie-bench --model '````'"))
    assert found[-3:] == ["`````sh", "arllie-bench --model '````'", "`````"]
