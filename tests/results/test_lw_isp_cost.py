import re

import pytest

from arllie_deploy.results.lw_isp_cost import PYNET_MACS, PYNET_PARAMETERS, Row, cost_table, count


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return count()


@pytest.fixture(scope="module")
def lines(rows: list[Row]) -> dict[str, list[str]]:
    """Name of a row -> its other cells."""
    cells = [line.strip("| ").split(" | ") for line in cost_table(rows).splitlines() if line.startswith("|")]
    return {name: others for name, *others in cells[2:]}


def test_the_published_network_is_a_23rd_and_an_81st_of_pynet(lines: dict[str, list[str]]) -> None:
    assert lines["PyNET, level 0"] == ["47,554,738", "1.0×", "342.2", "1368.8", "1.0×"]
    assert lines["LW-ISP RGB, as published"] == ["1,997,449", "23.8×", "4.206", "16.824", "81.4×"]


def test_only_a_cheap_last_stage_keeps_the_published_ratio_for_raw_frames(lines: dict[str, list[str]]) -> None:
    ratios = {name: float(cells[-1].rstrip("×")) for name, cells in lines.items() if name.startswith("LW-ISP RAW")}
    assert len(ratios) == 4
    assert ratios["LW-ISP RAW, 1×1 and pixel shuffle"] == pytest.approx(81.5)
    assert ratios["LW-ISP RAW, upsampling block"] == pytest.approx(65.8)


def test_every_number_is_counted_on_its_grid(rows: list[Row]) -> None:
    first, *others = rows
    assert first.costs[0].parameters == PYNET_PARAMETERS
    assert [cost.macs for cost in first.costs] == [PYNET_MACS, 4 * PYNET_MACS]
    for row in others:
        small, large = row.costs
        assert small.parameters == large.parameters
        # The vector of the whole frame costs the same at every size.
        assert 0 < 4 * small.macs - large.macs < 1e6


def test_what_a_mac_is_and_where_pynets_number_is_from_is_said(rows: list[Row]) -> None:
    text = cost_table(rows)
    assert "https://github.com/aiff22/PyNET-PyTorch" in text
    assert re.search(r"A multiply-accumulate \(MAC\) is", text)
    assert not re.search(r"\bNone\b|\bnan\b", text)
