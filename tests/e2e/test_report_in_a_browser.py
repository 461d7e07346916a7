"""`report.html` opened from disk in a headless Chromium, used by mouse and by keyboard."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.bench_rows import made_result, measured_row, unavailable_row
from support.chromium import Browser, Page, browser, find_chromium
from support.pictures import darkened, scene

from arllie_deploy.bench.report_html import to_html
from arllie_deploy.bench.status import Status

HOSTILE = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
END_TO_END = "thead th:nth-child(8) button"
AFTER = scene(2, 320, 180)
LONG_NAME = "long-name" * 9


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(find_chromium(), tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [
        unavailable_row(HOSTILE),
        measured_row("slow", around_ms=200.0),
        measured_row("fast", around_ms=3.0),
        replace(measured_row("middle", around_ms=20.0), sustained=[[0.0, 20.0], [9.0, 25.0]], executed_by=HOSTILE),
        replace(unavailable_row("it differs"), status=Status.WRONG, runtime="wrong", model=LONG_NAME),
    ]
    off = np.where(AFTER > 250, AFTER - 5, AFTER + 5).astype(np.uint8)
    outputs = {1: AFTER, 2: AFTER, 4: off}
    result = replace(made_result(*rows, command=HOSTILE), warnings=[HOSTILE])
    path = tmp_path_factory.mktemp("a folder") / "report.html"
    path.write_bytes(to_html(result, darkened(AFTER, 2), AFTER, outputs, {LONG_NAME: AFTER}))
    return path


@pytest.fixture
def page(running: Browser, report: Path) -> Iterator[Page]:
    """The report in a new tab; whatever a test does with it, nothing is complained of and nothing is loaded."""
    tab = Page(running)
    tab.resize(1200, 900)
    tab.open(report)
    yield tab
    assert tab.evaluate("typeof window.hacked") == "undefined"
    assert tab.problems == []
    assert [address for address in tab.requests if not address.startswith("data:")] == [report.as_uri()]


def shown(page: Page) -> float:
    """Where the line between the two pictures is, in percent of the width."""
    return float(page.evaluate("getComputedStyle(document.querySelector('#right')).clipPath").split()[-1].strip("%)"))


def row_names(page: Page) -> list[str]:
    found: list[str] = page.evaluate("[...document.querySelectorAll('.more')].map(each => each.firstChild.data)")
    return found


def test_the_check_of_console_and_network_notices_both(running: Browser, tmp_path: Path) -> None:
    path = tmp_path / "bad.html"
    path.write_text("<img src='http://127.0.0.1:9/x.png'><script>console.error('no'); nothing.there</script>")
    tab = Page(running)
    tab.open(path)
    assert "http://127.0.0.1:9/x.png" in tab.requests
    assert len(tab.problems) >= 2


def test_the_slider_follows_the_mouse(page: Page) -> None:
    assert shown(page) == 50
    box = page.box(".compare input")
    across = box["y"] + box["height"] / 2
    page.drag((box["x"] + box["width"] / 2, across), (box["x"] + box["width"] * 0.2, across))
    assert shown(page) == pytest.approx(20, abs=4)


def test_the_slider_follows_the_keyboard(page: Page) -> None:
    page.evaluate("document.querySelector('.compare input').focus()")
    for _ in range(3):
        page.press("ArrowRight")
    assert shown(page) == 53
    page.press("End")
    assert shown(page) == 100


def test_an_engines_frame_and_its_difference_map_can_be_chosen_by_keyboard(page: Page) -> None:
    page.evaluate("document.getElementById('made-by').focus()")
    reference = page.evaluate("document.getElementById('right').src")
    for _ in range(3):
        page.press("ArrowDown")
    assert page.evaluate("document.getElementById('made-by').selectedOptions[0].text").startswith("wrong")
    frame = page.evaluate("document.getElementById('right').src")
    assert frame != reference
    page.evaluate("document.querySelector('[name=shown]').focus()")
    page.press("ArrowRight")
    assert page.evaluate("document.getElementById('left').src") == frame
    assert page.evaluate("document.getElementById('right-name').textContent") == "difference × 32"
    assert "up to 5 of 255 levels" in page.evaluate("document.getElementById('said').textContent")
    levels = page.evaluate(
        "createImageBitmap(document.getElementById('right')).then(picture => {"
        "const canvas = new OffscreenCanvas(picture.width, picture.height).getContext('2d');"
        "canvas.drawImage(picture, 0, 0);"
        "return [...new Set(canvas.getImageData(0, 0, picture.width, picture.height).data)]})"
    )
    assert sorted(levels) == [160, 255]  # 5 levels × 32, and opaque


def test_the_reference_has_no_difference_to_itself(page: Page) -> None:
    assert page.evaluate("document.querySelector('[value=difference]').disabled") is True
    page.evaluate("document.getElementById('made-by').focus()")
    page.press("ArrowDown")
    assert page.evaluate("document.querySelector('[value=difference]').disabled") is False


def test_a_heading_sorts_both_ways_and_what_has_no_figure_stays_below(page: Page) -> None:
    assert row_names(page) == ["litert", "slow", "fast", "middle", "wrong"]
    page.click(END_TO_END)
    assert row_names(page) == ["fast", "middle", "slow", "litert", "wrong"]
    assert page.evaluate("document.querySelector('thead th:nth-child(8)').ariaSort") == "ascending"
    assert page.evaluate("document.getElementById('sorted').textContent") == "Sorted by median end to end, ascending"
    page.evaluate(f"document.querySelector('{END_TO_END}').focus()")
    page.press("Enter", "\r")
    assert row_names(page) == ["slow", "middle", "fast", "litert", "wrong"]
    assert page.evaluate("document.querySelectorAll('th[aria-sort]').length") == 1


def test_words_sort_as_words(page: Page) -> None:
    page.click("thead th:nth-child(1) button")
    assert row_names(page) == ["fast", "litert", "middle", "slow", "wrong"]


def test_details_open_and_close_by_keyboard_and_stay_with_their_row(page: Page) -> None:
    hidden = "document.getElementById('details-3').hidden"
    assert page.evaluate(hidden) is True
    page.evaluate("document.querySelectorAll('.more')[3].focus()")
    page.press("Enter", "\r")
    assert page.evaluate(hidden) is False
    assert page.evaluate("document.activeElement.ariaExpanded") == "true"
    page.click(END_TO_END)
    assert page.evaluate("document.getElementById('details-3').previousSibling.textContent").startswith("middle")
    page.evaluate("document.querySelector('[aria-controls=details-3]').focus()")
    page.press(" ")
    assert page.evaluate(hidden) is True


def test_every_control_and_picture_has_a_name_for_a_screen_reader(page: Page) -> None:
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    spoken = {"button", "slider", "combobox", "radio", "image", "region", "option"}
    found = [node for node in nodes if not node["ignored"] and node["role"]["value"] in spoken]
    assert {node["role"]["value"] for node in found} >= {"button", "slider", "combobox", "radio", "image", "region"}
    assert [node["role"]["value"] for node in found if not node.get("name", {}).get("value")] == []


def test_light_and_dark(page: Page) -> None:
    colors = {}
    for scheme in ("light", "dark"):
        page.prefer(scheme)
        colors[scheme] = page.evaluate(
            "['backgroundColor', 'color'].map(each => getComputedStyle(document.body)[each].match(/\\d+/g).map(Number))"
        )
    (light_page, light_text), (dark_page, dark_text) = (np.mean(colors[scheme], axis=1) for scheme in colors)
    assert light_page > 200 > 60 > light_text
    assert dark_text > 200 > 60 > dark_page


@pytest.mark.parametrize("width", [360, 800, 1600])
def test_the_page_fits_the_window(page: Page, width: int) -> None:
    page.resize(width, 800)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
