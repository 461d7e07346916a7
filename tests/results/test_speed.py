import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.bench_rows import made_result, measured_row, unavailable_row

from arllie_deploy import ArllieError
from arllie_deploy.bench.peers import PEERS
from arllie_deploy.bench.result import Result
from arllie_deploy.bench.row import Row
from arllie_deploy.bench.status import Status
from arllie_deploy.results.quality.rivals import RIVALS
from arllie_deploy.results.speed.__main__ import NUMBERS, PAGE, main
from arllie_deploy.results.speed.figure import counterpart, subjects
from arllie_deploy.results.speed.quality import Quality, of_ours, of_peers
from arllie_deploy.results.speed.report import parts

OURS = "made"
QUALITY = {
    OURS: Quality(17.5, 0.56, "ours"),
    "sci": Quality(14.85, 0.53, "released"),
    "zero-ig": Quality(22.19, 0.77, "x"),
}


def peer_row(name: str, around_ms: float) -> Row:
    return replace(measured_row(around_ms=around_ms), model=PEERS[name].label)


def run(*rows: Row, **changes: object) -> Result:
    result = made_result(*rows)
    return replace(result, model=replace(result.model, name=OURS), **changes)


RUN = run(
    measured_row(around_ms=15.0),
    measured_row(target="onnx-cpu", around_ms=20.0),
    measured_row("litert", "tflite-cpu", around_ms=10.0),
    unavailable_row("no <adb> here"),
    replace(unavailable_row("none"), backend="dsp", status=Status.EMULATED, packets_per_pixel=1.25),
    peer_row("sci", 50.0),
    peer_row("zero-ig", 4000.0),
)


def page(result: Result) -> str:
    return "\n\n".join(parts(result, QUALITY, {OURS: 84, "other": 7_172}))


def cells(text: str, heading: str, first: str) -> list[str]:
    """The row of a section's table that begins with `first`."""
    section = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    [line] = [line for line in section.splitlines() if line.startswith(f"| {first} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_each_cell_of_the_figure_has_its_time_or_its_status() -> None:
    ours = cells(page(RUN), "The figure", f"**{OURS}**")
    assert ours[1:] == ["**10 ms** measured", "not run", "unavailable", "1.25 packets per pixel, emulated"]
    assert cells(page(RUN), "The figure", PEERS["zero-ig"].label)[1] == "**4,000 ms** measured"


def test_a_shape_that_was_not_run_says_so_unless_there_is_no_such_device_at_all() -> None:
    sci = cells(page(RUN), "The figure", PEERS["sci"].label)
    assert sci[1:] == ["**50 ms** measured", "not run", "unavailable", "not run"]


def test_only_a_measured_row_has_milliseconds() -> None:
    estimated = replace(unavailable_row("by a compiler"), status=Status.ESTIMATED, cycles=12_340_000)
    text = page(run(measured_row(), estimated))
    assert cells(text, "The figure", f"**{OURS}**")[3] == "12.34 M cycles, estimated"


def test_every_reason_stands_under_the_figure_once() -> None:
    text = page(run(measured_row(), unavailable_row("no adb"), replace(unavailable_row("no adb"), backend="dsp")))
    assert text.count("unavailable: no adb") == 1
    assert f"- npu, {OURS}, litert; dsp, {OURS}, litert: unavailable: no adb" in text


def test_ratios_are_to_our_exported_file_in_the_same_engine() -> None:
    row = counterpart(RUN)
    assert row is not None
    assert (row.runtime, row.target) == ("onnxruntime", "onnx-cpu")
    sci = cells(page(RUN), "On the processor", PEERS["sci"].label)
    assert sci[4:10] == ["50", "54", "2.5", "100", "108", "2.5"]
    assert "in multiples of `made` (onnxruntime (onnx-cpu), 20 ms): SCI 2.5, ZeroIG 200." in page(RUN)


def test_rows_of_different_rounds_are_compared_through_the_baseline_of_each() -> None:
    """The machine was twice as slow in the second group: onnxruntime fp32 took 30 ms in the first and 60 ms there."""
    like = replace(measured_row(target="onnx-cpu", around_ms=20.0), group=0, x_ort_fp32=40.0 / 30.0)
    sci = replace(peer_row("sci", 100.0), group=1, x_ort_fp32=200.0 / 60.0)
    found = cells(page(run(like, sci)), "On the processor", PEERS["sci"].label)
    assert found[4:10] == ["100", "108", "2.5", "200", "216", "2.5"]
    assert "SCI 2.5." in page(run(like, sci))
    assert cells(page(run(like, replace(sci, group=0))), "On the processor", PEERS["sci"].label)[6] == "5"


def test_without_an_exported_file_the_ratios_are_to_the_graph_that_opens_the_model() -> None:
    text = page(run(measured_row(around_ms=25.0), peer_row("sci", 50.0)))
    assert cells(text, "On the processor", PEERS["sci"].label)[6] == "2"


def test_a_shape_is_never_taken_for_our_row_in_the_engine() -> None:
    text = page(run(peer_row("sci", 50.0), unavailable_row()))
    assert counterpart(run(peer_row("sci", 50.0))) is None
    assert cells(text, "On the processor", PEERS["sci"].label)[6] == "–"
    assert "nothing to compare the shapes with" in text


def test_a_file_that_somebody_brought_is_no_part_of_the_page() -> None:
    brought = replace(measured_row(), model="theirs.onnx")
    assert "theirs" not in [subject.model for subject in subjects(run(measured_row(), brought))]
    assert "theirs.onnx" not in page(run(measured_row(), brought))


def test_quality_stands_beside_speed() -> None:
    text = page(RUN)
    assert cells(text, "Quality beside speed", PEERS["sci"].label)[1:] == [
        "258",
        "0.00",
        "50 (onnxruntime)",
        "14.85",
        "0.53",
        "released",
    ]
    assert "Better pictures than `made` (17.50 dB): ZeroIG (+4.69 dB, 200 × the time)." in text
    assert "Not better: SCI (−2.65 dB, 2.5 × the time)." in text
    assert cells(text, "Quality beside speed", "**other**")[1:4] == ["7,172", "0.00", "not in this run"]


def test_work_is_that_of_the_run_s_frames() -> None:
    text = page(replace(RUN, size="1920x1080"))
    assert cells(text, "Quality beside speed", PEERS["zero-ig"].label)[2] == "331.44"
    assert cells(text, "Quality beside speed", f"**{OURS}**")[2] == "0.17"


def test_an_interrupted_run_is_said_to_be_one() -> None:
    assert "not all rounds were done" in page(replace(RUN, complete=False))
    assert "not all rounds were done" not in page(RUN)


def test_every_shape_stands_with_its_source() -> None:
    text = page(run(measured_row()))
    for peer in PEERS.values():
        found = cells(text, "The shapes", peer.label)
        assert found[1:] == [
            f"{peer.parameters:,}",
            peer.published,
            f"{peer.macs / 1e9:.2f}",
            peer.paper,
            peer.repository,
        ]


def test_every_peer_has_a_quality_and_those_run_here_are_the_known_rivals() -> None:
    assert set(of_peers()) == set(PEERS)
    rivals = {rival.parameters: rival.psnr for rival in RIVALS}
    for name, quality in of_peers().items():
        if PEERS[name].parameters in rivals and name != "zero-dce-pp":
            assert quality.psnr == rivals[PEERS[name].parameters]


def test_the_command_writes_the_page_and_its_numbers(tmp_path: Path) -> None:
    (tmp_path / "bench.json").write_text(json.dumps(RUN.to_json()))
    (tmp_path / "quality.json").write_text(json.dumps({"test_pairs": {OURS: {"psnr": 17.5, "ssim": 0.56}}}))
    assert main(["--bench", str(tmp_path / "bench.json"), "--out", str(tmp_path)]) == 0
    text = (tmp_path / PAGE).read_text()
    assert text.startswith("# Speed: a frame of 48×40 on each kind of processor")
    assert "Made by `make results-speed`" in text
    numbers = json.loads((tmp_path / NUMBERS).read_text())
    assert [row["model"] for row in numbers["rows"]][-2:] == [PEERS[name].label for name in ("sci", "zero-ig")]
    assert numbers["origin"]["models"] == {OURS: RUN.model.sha256}


@pytest.mark.parametrize("content", [None, "no json", "[]", '{"test_pairs": {"made": {"psnr": 1}}}'])
def test_numbers_of_quality_that_are_none_are_refused(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "quality.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ArllieError, match=r"quality.json: .*make results-quality"):
        of_ours(path)


def test_a_missing_run_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "quality.json").write_text(json.dumps({"test_pairs": {}}))
    assert main(["--bench", str(tmp_path / "none.json"), "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("speed: error: ")
    assert not (tmp_path / PAGE).exists()
