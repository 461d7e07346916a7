import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from arllie_deploy.errors import UnavailableError
from arllie_deploy.models import find_model
from arllie_deploy.results.downstream import packages
from arllie_deploy.results.downstream.__main__ import NUMBERS, PAGE, PLOT, main, write
from arllie_deploy.results.downstream.contestants import BASELINE
from arllie_deploy.results.downstream.interval import wilson
from arllie_deploy.results.downstream.report import parts
from arllie_deploy.results.downstream.study import Count, Plan

PLAN = Plan({"qr": 1, "apriltag": 1, "face": 1}, (0, -5), (BASELINE, "gain"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("results")
    write(PLAN, 1, made)
    return made


def made(subject: str, lit: int, dark: dict[str, int]) -> list[Count]:
    """Counts of twenty at 0 EV, all the same, and at −5 EV."""
    rows = [(0, name, lit) for name in dark] + [(-5, name, found) for name, found in dark.items()]
    plain = {0: lit, -5: dark[BASELINE]}
    return [
        Count(subject, ev, name, found, 20, 0, max(found - plain[ev], 0), max(plain[ev] - found, 0))
        for ev, name, found in rows
    ]


def page(counts: Sequence[Count]) -> str:
    plan = Plan(dict.fromkeys((count.subject for count in counts), 20), (0, -5), (BASELINE, "gain", "gamma"))
    return "\n".join(parts(plan, counts, [count for count in counts if count.ev == -5], "plot.png"))


def test_the_tables_are_those_of_the_raw_counts(folder: Path) -> None:
    text = (folder / PAGE).read_text()
    numbers = json.loads((folder / NUMBERS).read_text())
    assert numbers["plan"]["subjects"] == PLAN.subjects
    counts = [Count(**count) for count in numbers["counts"]]
    for subject in PLAN.subjects:
        section = text.split("### ")[1 + list(PLAN.subjects).index(subject)]
        rows = re.findall(r"^\| (−?\d) \| (.*) \|$", section, re.MULTILINE)
        assert [int(ev.replace("−", "-")) for ev, _ in rows] == list(PLAN.exposures)
        for ev, cells in rows:
            at = [c for c in counts if c.subject == subject and c.ev == int(ev.replace("−", "-"))]
            ends = [[round(100 * end) for end in wilson(c.found, c.total)] for c in at]
            expected = [f"{100 * c.rate:.0f} ({low}–{high})" for c, (low, high) in zip(at, ends, strict=True)]
            assert cells.split(" | ") == expected


def test_the_page_names_its_command_versions_and_models(folder: Path) -> None:
    text = (folder / PAGE).read_text()
    assert "Made by `make results-downstream` with python" in text
    assert "opencv-python-headless" in text
    assert find_model("arllie-lol").sha256 in text
    assert f"]({PLOT})" in text


def test_the_plot_is_a_small_picture(folder: Path) -> None:
    assert (folder / PLOT).stat().st_size < 150_000
    with Image.open(folder / PLOT) as picture:
        assert picture.width > 1000


def test_the_same_plan_makes_the_same_files(folder: Path, tmp_path: Path) -> None:
    write(PLAN, 1, tmp_path)
    for name in (PAGE, NUMBERS, PLOT):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_what_helps_and_what_does_not_is_said_as_it_came_out() -> None:
    helped = page(made("qr", 20, {BASELINE: 5, "gain": 8, "gamma": 12}))
    assert "**QR codes: automatic gamma finds most.** In good light 20 of 20 are decoded" in helped
    assert "25.0 % without enhancement and 60.0 % with automatic gamma" in helped
    assert "At −5 EV automatic gamma finds 12 of 20 against 5." in helped
    assert "| automatic gain | 40.0 (+3 −0) |" in helped
    hurt = page(made("qr", 20, {BASELINE: 12, "gain": 8, "gamma": 5}))
    assert "**QR codes: no enhancer finds more than the frame as recorded.**" in hurt
    assert "At −5 EV none of them finds more than the 12 of 20 without it." in hurt
    assert "| automatic gamma | 25.0 (+0 −7) |" in hurt


def test_a_detector_that_fails_in_good_light_is_unavailable_and_has_no_rows() -> None:
    text = page(
        [
            *made("face", 15, {BASELINE: 5, "gain": 8, "gamma": 12}),
            *made("qr", 16, {BASELINE: 5, "gain": 8, "gamma": 12}),
        ]
    )
    assert "**faces: unavailable.** In good light 15 of 20 are found, less than 80%" in text
    assert "### QR codes" in text
    assert "### faces" not in text
    assert "| enhancer | QR codes |" in text


def test_a_missing_package_is_named_with_the_command_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    packages.require_packages()
    monkeypatch.setitem(packages.PACKAGES, "no_such_package", "no-such-package")
    with pytest.raises(
        UnavailableError, match=r'^no-such-package is not installed: pip install "arllie-deploy\[results\]"$'
    ):
        packages.require_packages()


def test_a_file_in_the_way_is_refused_before_any_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["--out", str(tmp_path / "file")]) == 2
    assert "is not a folder" in capsys.readouterr().err
