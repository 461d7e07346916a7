import hashlib
import json
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy import ArllieError
from arllie_deploy.export.manifest import merge_into_manifest
from arllie_deploy.export.page import FILE_NAME, to_html, write_page

PARAM = "7767517\n2 2\nInput in0 0 1 in0\nConvolution out0 1 1 in0 out0 0=3 1=3 4=1 5=1 6=81 9=4\n"
VOID = {"meta", "br", "link", "img", "input", "hr"}
HOSTILE = "<script>alert(1)</script>\"'&"


class Page(HTMLParser):
    """Refuses tags that do not nest, and collects texts, tags and attributes."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(data.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def store(folder: Path, name: str, data: bytes) -> dict[str, Any]:
    (folder / name).write_bytes(data)
    return {"file": name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def entry(folder: Path, **given: Any) -> dict[str, Any]:
    files = [store(folder, "m-ncnn-cpu-fp32.param", PARAM.encode()), store(folder, "m-ncnn-cpu-fp32.bin", b"\0" * 40)]
    parity = {"max_abs": 3e-7, "mean_abs": 2e-8, "psnr_db": 150.25, "border_max_abs": 1e-7, "interior_max_abs": 3e-7}
    return {
        "target": "ncnn-cpu",
        "precision": "fp32",
        "status": "ok",
        "model": "m",
        "form": "plain",
        **files[0],
        "files": files,
        "operators": ["Convolution"],
        "parity": {**parity, "dark_psnr_db": 149.84, "sizes": ["8x8"]},
        "executed_by": "ncnn on the CPU",
        "license": "CC0-1.0",
        "tools": {"arllie-deploy": "0.1.0"},
        "model_sha256": "ab" * 32,
        "layout": "NCHW",
        "color": "RGB",
        "range": [0.0, 1.0],
        "reason": None,
        **given,
    }


def page_of(folder: Path, *entries: Mapping[str, Any]) -> Page:
    return Page(to_html({f"e{number}": each for number, each in enumerate(entries)}, folder))


def test_an_artifact_is_shown_with_its_graph_figures_and_files(tmp_path: Path) -> None:
    made = entry(tmp_path, scales={"y": {"scale": 1 / 255, "zero_point": -128, "dtype": "int8"}})
    page = page_of(tmp_path, made)
    [row] = [attributes for tag, attributes in page.tags if tag == "a"]
    assert row == {"href": "#artifact-0"}
    assert [attributes["id"] for tag, attributes in page.tags if tag == "section"] == ["artifact-0"]
    assert [attributes.get("class") for tag, attributes in page.tags if tag == "g"] == ["end", "operator", "end"]
    for said in (
        "ncnn-cpu fp32 ok",
        f"ok {len(PARAM) + 40} 3.0e-07 2.0e-08 1.0e-07 3.0e-07 149.8 ncnn on the CPU",
        "CC0-1.0",
        "arllie-deploy 0.1.0",
        "m-ncnn-cpu-fp32.param: 1 operator. The file holds no types",
        made["files"][0]["sha256"],
        made["files"][1]["sha256"],
        "y int8 0.00392157 -128",
    ):
        assert said in page.text
    assert "other bytes" not in page.text
    assert "bytes differ" not in page.text
    judged = page_of(tmp_path, {**made, "parity": {**made["parity"], "dark_differing": 0.0125}})
    assert "1.25% of the dark pictures' bytes differ" in judged.text


def test_the_page_needs_no_network_and_no_script(tmp_path: Path) -> None:
    page = page_of(tmp_path, entry(tmp_path))
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.tags}
    linked = [value for _, attributes in page.tags for key, value in attributes.items() if key in ("href", "src")]
    assert all(value is not None and value.startswith("#") for value in linked)
    data = to_html({"e": entry(tmp_path)}, tmp_path)
    assert b"url(" not in data
    assert b"@import" not in data


def test_the_same_manifest_gives_the_same_bytes(tmp_path: Path) -> None:
    entries = {"a": entry(tmp_path), "b": entry(tmp_path, target="x")}
    assert to_html(entries, tmp_path) == to_html(dict(reversed(entries.items())), tmp_path)


@pytest.mark.parametrize("status", ["rejected", "failed", "unavailable"])
def test_the_reason_and_the_log_of_what_was_not_made_are_shown(status: str, tmp_path: Path) -> None:
    log = "Traceback:\n  <module> & more"
    page = page_of(tmp_path, {"target": "openvino", "status": status, "reason": "it is so", "log": log})
    assert f"openvino – {status}" in page.text
    assert "it is so" in page.text
    assert log in page.texts
    assert f"1 {status}" in page.text


def test_estimates_are_labeled_and_a_delegates_level_is_named(tmp_path: Path) -> None:
    npu = {"estimated": True, "cycles_per_frame": 1234567, "sram_bytes": 2048, "clock_hz": 500000000}
    page = page_of(tmp_path, entry(tmp_path, facts={"npus": {"u55-256": npu}, "delegate": "nnapi", "api_level": 29}))
    assert "U55-256 estimated by the compiler; nothing was executed" in page.text
    assert "Cycles per frame 1,234,567 SRAM 2,048 bytes Clock 500,000,000 Hz" in page.text
    assert "Delegate nnapi API level 29" in page.text


def test_a_missing_changed_or_damaged_file_is_said_to_be_so(tmp_path: Path) -> None:
    made = entry(tmp_path)
    path = tmp_path / made["file"]
    path.write_text(PARAM.replace("Convolution", "Sigmoid"))
    assert "has other bytes than were verified" in page_of(tmp_path, made).text
    path.write_text("no graph")
    assert (
        "m-ncnn-cpu-fp32.param is not drawn: m-ncnn-cpu-fp32.param is not a .param file" in page_of(tmp_path, made).text
    )
    path.unlink()
    page = page_of(tmp_path, made)
    assert "missing" in page.text
    assert "cannot be read: No such file or directory" in page.text
    path.mkdir()
    assert "cannot be read: Is a directory" in page_of(tmp_path, made).text


@pytest.mark.parametrize("name", ["../secret.param", "/etc/secret.param", "..", "", "a/../b.param", "x\0.param"])
def test_only_files_of_the_folder_are_read(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret.param").write_text(PARAM)
    folder = tmp_path / "out"
    folder.mkdir()
    page = page_of(folder, {"target": "t", "status": "ok", "files": [{"file": name, "sha256": "0", "bytes": 1}]})
    assert "not a name in this folder" in page.text
    assert "svg" not in {tag for tag, _ in page.tags}


def test_hostile_names_are_text(tmp_path: Path) -> None:
    hostile = PARAM.replace("in0", "<b>in\"'&").replace("Convolution", "<script>")
    file = store(tmp_path, "<i>&.param", hostile.encode())
    words = dict.fromkeys(("target", "precision", "reason", "log", "model", "form", "license", "layout"), HOSTILE)
    more = {
        "executed_by": HOSTILE,
        "size": HOSTILE,
        "color": HOSTILE,
        "operators": [HOSTILE],
        "tools": {HOSTILE: HOSTILE},
    }
    deep = {
        "facts": {HOSTILE: {HOSTILE: [HOSTILE]}},
        "scales": {HOSTILE: {"dtype": HOSTILE}},
        "calibration": {"a": HOSTILE},
    }
    made = {**words, **more, **deep, "status": HOSTILE, "files": [file], "file": HOSTILE, "model_sha256": HOSTILE}
    page = page_of(tmp_path, made)
    assert not {"script", "b", "i"} & {tag for tag, _ in page.tags}
    assert page.texts.count(HOSTILE) >= 10
    assert "<script>" in page.texts


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = (
    *("target", "precision", "status", "reason", "log", "file", "files", "bytes", "parity", "operators", "tools"),
    *("scales", "facts", "calibration", "size", "range", "model", "form", "model_sha256", "executed_by"),
)


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_whatever_a_manifest_holds_the_page_is_whole(entry_: dict[str, Any]) -> None:
    page = page_of(Path("there is no such folder"), entry_)
    assert [attributes["id"] for tag, attributes in page.tags if tag == "section"] == ["artifact-0"]


def test_the_page_follows_the_manifest_over_several_runs(tmp_path: Path) -> None:
    merge_into_manifest(tmp_path, {"a": {"target": "first", "status": "failed"}})
    assert write_page(tmp_path) == tmp_path / FILE_NAME
    merge_into_manifest(tmp_path, {"b": {"target": "second", "status": "unavailable"}})
    write_page(tmp_path)
    text = Page((tmp_path / "export.html").read_bytes()).text
    assert "1 failed, 1 unavailable" in text
    assert text.index("first") < text.index("second")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export.html", "manifest.json"]


def test_what_is_merged_while_a_page_is_written_is_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from arllie_deploy.export import page

    merge_into_manifest(tmp_path, {"a": {"target": "first", "status": "failed"}})
    write, late = page.write_bytes, [{"b": {"target": "newcomer", "status": "failed"}}]

    def write_after_another(path: Path, data: bytes) -> None:
        if late:
            merge_into_manifest(tmp_path, late.pop())
        write(path, data)

    monkeypatch.setattr(page, "write_bytes", write_after_another)
    write_page(tmp_path)
    assert b"newcomer" in (tmp_path / FILE_NAME).read_bytes()


def test_a_damaged_manifest_leaves_the_page_alone(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("old")
    (tmp_path / "manifest.json").write_text(json.dumps([]))
    with pytest.raises(ArllieError, match="not a manifest"):
        write_page(tmp_path)
    assert (tmp_path / FILE_NAME).read_text() == "old"
