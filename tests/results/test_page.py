import hashlib
import json
import statistics
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy import ArllieError
from arllie_deploy.results.page import (
    Origin,
    fingerprint,
    footer,
    plot,
    summarize,
    table,
    write_numbers,
    write_page,
)

ORIGIN = Origin("make results-x", {"pairs": "d" * 64}, {"arllie-lol": "e" * 64}, ["numpy", "no-such-package"])


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=9))
def test_a_spread_is_the_mean_and_the_sample_deviation(values: list[float]) -> None:
    found = summarize(values)
    assert found.mean == pytest.approx(np.mean(values), abs=1e-9)
    assert found.deviation == pytest.approx(np.std(values, ddof=1), abs=1e-9)
    assert found.count == len(values)


def test_a_spread_is_shown_with_its_deviation_and_a_single_value_without() -> None:
    assert summarize([1.0, 2.0]).show(3) == f"1.500 ± {statistics.stdev([1, 2]):.3f}"
    assert summarize([1.25]).show(1) == "1.2"


@pytest.mark.parametrize("values", [[], [1.0, float("nan")], [float("inf")]])
def test_values_that_are_no_numbers_do_not_get_into_a_table(values: list[float]) -> None:
    with pytest.raises(ArllieError, match="finite values"):
        summarize(values)


def test_a_table_keeps_its_columns_whatever_is_in_the_cells() -> None:
    lines = table(["name", "loss"], [["a|b\nc", "1"], ["d", "2"]]).splitlines()
    assert lines == ["| name | loss |", "| --- | ---: |", "| a\\|b c | 1 |", "| d | 2 |"]


def test_a_fingerprint_sees_names_contents_and_order(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_bytes(b"1")
    b.write_bytes(b"2")
    before = fingerprint([a, b])
    assert before == fingerprint([a, b])
    assert before != fingerprint([b, a])
    assert before != fingerprint([a])
    b.write_bytes(b"3")
    assert before != fingerprint([a, b])
    expected = hashlib.sha256(f"{tmp_path.name}/a\n".encode() + hashlib.sha256(b"1").digest())
    assert fingerprint([a]) == expected.hexdigest()


def test_the_footer_says_how_to_make_the_page_again() -> None:
    text = footer(ORIGIN)
    assert "`make results-x`" in text
    assert f"numpy {np.__version__}" in text
    assert "no-such-package (not installed)" in text
    assert f"- data pairs: sha256 `{'d' * 64}`" in text
    assert f"- model arllie-lol: sha256 `{'e' * 64}`" in text


def test_a_page_and_its_numbers_replace_the_older_ones(tmp_path: Path) -> None:
    for content in ("old", "new"):
        write_page(tmp_path / "x.md", "A title", [content, "![plot](x.png)"], ORIGIN)
        write_numbers(tmp_path / "x.json", {"content": content}, ORIGIN)
    text = (tmp_path / "x.md").read_text()
    assert text.startswith("# A title\n\nnew\n\n![plot](x.png)\n\n---\n\nMade by")
    numbers = json.loads((tmp_path / "x.json").read_text())
    assert numbers["content"] == "new"
    assert numbers["origin"]["versions"]["numpy"] == np.__version__


def test_a_plot_is_the_same_file_each_time_and_small(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        with plot(tmp_path / name, 3, 2) as figure:
            figure.subplots().plot([1, 2, 3])
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_plot_with_too_much_in_it_is_refused_and_not_written(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).random((600, 1200))
    with pytest.raises(ArllieError, match="draw less in it"), plot(tmp_path / "a.png", 12, 6) as figure:
        figure.subplots().imshow(noise)
    assert not list(tmp_path.iterdir())
