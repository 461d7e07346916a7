import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.bench_rows import emulated_row, made_result, measured_row, timing, unavailable_row
from support.pictures import darkened, scene

from arllie_deploy.bench.report_html import to_html
from arllie_deploy.bench.result import Result
from arllie_deploy.bench.status import Status

BEFORE, AFTER = darkened(scene(1), 1), scene(1)
# Everything that could end an element, an attribute, a script or the JSON in it.
HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;$title${title}\u2028\x00\\"


def page(result: Result | None = None, outputs: dict[int, np.ndarray] | None = None) -> str:
    return to_html(result or made_result(), BEFORE, AFTER, outputs).decode()


def without_pictures(text: str) -> str:
    return re.sub(r"data:image/[a-z]+;base64,[A-Za-z0-9+/=]+", "", text)


class Tags(HTMLParser):
    """The start tags with their attributes, and those that were never closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.starts: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.starts.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.starts.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.starts if name == tag]


def data_of(text: str) -> dict[str, list[dict[str, object]]]:
    (found,) = re.findall(r'<script type="application/json" id="pictures">(.*?)</script>', text, re.DOTALL)
    data: dict[str, list[dict[str, object]]] = json.loads(found)
    return data


def test_the_page_loads_nothing() -> None:
    text = page()
    assert "://" not in without_pictures(text)
    for _, attributes in Tags(text).starts:
        assert (attributes.get("src") or "data:").startswith("data:")
        assert "href" not in attributes


def test_the_browser_is_told_to_load_nothing_and_to_run_the_one_script() -> None:
    (policy,) = [each for each in Tags(page()).named("meta") if each.get("http-equiv") == "Content-Security-Policy"]
    content = policy["content"] or ""
    assert "default-src 'none'" in content
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/]{43}='$", content)


def test_every_element_is_closed() -> None:
    sustained = replace(measured_row(), sustained=[[0.0, 10.0], [1.0, 11.0]])
    assert Tags(page(made_result(sustained, unavailable_row()), {0: AFTER, 1: BEFORE})).open == []


def test_what_comes_from_outside_is_escaped() -> None:
    text = page(made_result(command="arllie-bench --model '<script>alert(1)</script>'"))
    assert "<script>alert" not in text
    assert "Made CPU &amp; Sons &lt;1&gt;" in text
    assert "install &lt;adb&gt; &amp; connect" in text


def hostile(text: str) -> Result:
    row = replace(measured_row(text, text), model=text, device=text, precision=text, executed_by=text)
    row = replace(row, sustained=[[0.0, 1.0], [1.0, 2.0]])
    result = made_result(row, replace(unavailable_row(text or "x"), backend=text, size=text), command=text)
    return replace(result, model=replace(result.model, name=text), warnings=[text], tools={text: text}, run_id=text)


@settings(max_examples=25)
@given(st.one_of(st.just(HOSTILE), st.text(max_size=30)))
def test_no_text_becomes_an_element(text: str) -> None:
    plain, risky = (Tags(page(hostile(each), {0: AFTER, 1: BEFORE})) for each in ("plain", text))
    assert risky.open == []
    assert {tag for tag, _ in risky.starts} == {tag for tag, _ in plain.starts}
    assert len(risky.named("script")) == 2
    assert not [name for _, attributes in risky.starts for name in attributes if name.startswith("on")]


def test_every_control_has_a_name() -> None:
    tags = Tags(page(outputs={0: AFTER}))
    (slider,) = [each for each in tags.named("input") if each["type"] == "range"]
    assert slider["aria-label"]
    pictures = tags.named("img")
    assert len(pictures) == 2
    assert all(picture["alt"] for picture in pictures)
    assert all(region["aria-label"] for _, region in tags.starts if region.get("role") in ("region", "img", "group"))


def test_it_follows_the_readers_light_or_dark() -> None:
    assert "prefers-color-scheme: dark" in page()


def luminance(color: str) -> float:
    """WCAG 2.2's relative luminance of #rrggbb."""
    shares = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_its_background(scheme: int) -> None:
    blocks = re.findall(r":root \{(.*?)\}", page(), re.DOTALL)
    colors = dict(re.findall(r"--([a-z0-9]+): (#[0-9a-f]{6})", blocks[scheme]))
    for background in ("page", "panel"):
        for name in ("text", "muted", "floor", "good", "bad", "idle"):
            dim, bright = sorted(luminance(colors[each]) for each in (background, name))
            assert (bright + 0.05) / (dim + 0.05) >= 4.5, (background, name)  # WCAG 2.2, 1.4.3


def test_every_row_its_details_reason_and_the_command_are_there() -> None:
    row = replace(measured_row("litert", "tflite-cpu"), executed_by="XNNPACK", nodes_delegated=4, nodes_total=5)
    text = page(made_result(row, unavailable_row("no phone"), command="arllie-bench -x"))
    assert text.count("<tbody") == text.count('class="details"') == 2
    for piece in ("tflite-cpu", "unavailable: no phone", "arllie-bench -x", "20261121T000000Z-0000"):
        assert piece in text
    for name, value in (("executed by", "XNNPACK"), ("nodes delegated", "4"), ("infer p90", "21.6 ms")):
        assert f"<dt>{name}</dt><dd>{value}</dd>" in text


def test_cells_that_are_sorted_by_number_carry_it_in_full() -> None:
    row = measured_row(around_ms=1234.5678)
    (line, other) = re.findall(r"<tbody.*?</tr>", page(made_result(row, unavailable_row())), re.DOTALL)
    values = re.findall(r'class="number" data-value="([^"]*)"', line)
    assert row.infer_ms is not None
    assert float(values[1]) == row.infer_ms.p50
    assert all(values[:5])
    assert not any(re.findall(r'data-value="([^"]*)"', other))


def test_packets_and_cycles_stand_where_others_have_their_time_and_are_sorted_as_none() -> None:
    cycles = replace(unavailable_row("a compiler says so"), status=Status.ESTIMATED, cycles=12_340_000)
    text = page(made_result(measured_row(), emulated_row(), cycles))
    for counted in ("0.877 packets/pixel", "12.34 M cycles"):
        assert text.count(f'<td class="number" data-value="">{counted}</td>') == 1
    assert "<dt>packets per pixel</dt><dd>0.8765</dd>" in text
    assert text.count('<rect class="total"') == 1


def test_a_phone_that_tells_only_infer_has_one_bar_and_its_name() -> None:
    phone = replace(measured_row("litert", "tflite-nnapi"), device="Made Phone", end_to_end_ms=None, memory_bytes=None)
    text = page(made_result(measured_row(), phone))
    assert text.count('<rect class="infer"') == 2
    assert text.count('<rect class="total"') == 1
    assert "Made Phone" in text
    assert "this machine" not in re.sub(r"<dd>.*?</dd>", "", text)


def test_the_model_is_named_where_it_is_another_one() -> None:
    result = made_result()
    same, other = replace(measured_row(), model=result.model.name), replace(measured_row(), model="another-model")
    text = page(made_result(same, other))
    assert text.count("<small>another-model</small>") == 1
    assert f"<small>{result.model.name}</small>" not in text


def test_large_figures_are_written_out() -> None:
    text = page(made_result(measured_row(around_ms=4321.0)))
    assert "e+0" not in without_pictures(text)
    assert ">4321<" in text


def test_an_interrupted_or_doubtful_run_says_so() -> None:
    assert "Interrupted" in page(made_result(complete=False))
    assert "Interrupted" not in page()
    assert "it was busy" in page(replace(made_result(), warnings=["it was busy"]))


def test_a_row_that_nobody_could_judge_is_not_called_the_fastest() -> None:
    unjudged = replace(measured_row("peer", around_ms=1.0), parity=None, unjudged="its weights are random")
    assert "Fastest here: <strong>onnxruntime" in page(made_result(measured_row(), unjudged))
    assert "Fastest here: <strong>peer" in page(made_result(unjudged))


def test_with_nothing_measured_there_is_no_chart() -> None:
    text = page(made_result(unavailable_row()))
    assert 'role="img"' not in text
    assert "Nothing could be measured" in text


def test_only_a_sustained_run_has_a_curve() -> None:
    assert "Under constant load" not in page(made_result(replace(measured_row(), sustained=[[0.0, 10.0]])))
    text = page(made_result(replace(measured_row(), sustained=[[0.0, 10.0], [5.0, 12.5]])))
    assert "10 ms at the start, 12.5 ms after 5 s" in text


def test_each_engines_frame_comes_with_its_row() -> None:
    wrong = replace(unavailable_row("it is wrong"), status=Status.WRONG)
    data = data_of(page(made_result(measured_row(), measured_row("ncnn"), wrong), {0: AFTER, 2: BEFORE}))
    first, second = data["views"]
    assert "onnxruntime" in str(first["label"])
    assert "(wrong)" in str(second["label"])
    assert first["frame"] == 1  # it is the reference's picture, which is there once
    assert second["frame"] == 0


def test_a_frame_is_compared_with_the_reference_of_its_own_model() -> None:
    rows = [replace(measured_row(), model=name) for name in (None, "integers", "unknown")]
    rows.append(replace(measured_row(), parity=None, unjudged="its weights are random"))
    outputs = dict.fromkeys(range(4), AFTER)
    data = data_of(to_html(made_result(*rows), BEFORE, AFTER, outputs, {"integers": BEFORE}).decode())
    said = [str(view["said"]) for view in data["views"]]
    assert said[0].startswith("Equal")
    assert "levels" in said[1]
    assert [view["difference"] for view in data["views"][2:]] == [None, None]
    assert "reference of unknown was not made" in said[2]
    assert "random" in said[3]


@pytest.mark.parametrize("outputs", [None, {}])
def test_without_frames_there_is_only_the_reference(outputs: dict[int, np.ndarray] | None) -> None:
    assert data_of(page(outputs=outputs)) == {"uris": [], "views": []}


def test_a_page_with_many_noisy_frames_stays_below_3_mb() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (16, 270, 480, 3), np.uint8)
    result = made_result(*[replace(measured_row(), infer_ms=timing(number + 1.0)) for number in range(16)])
    assert len(to_html(result, noise[0], noise[1], dict(enumerate(noise)))) < 3_000_000
