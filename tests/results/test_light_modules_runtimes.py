from pathlib import Path

import pytest

from arllie_deploy.export.networks.formats import FORMATS
from arllie_deploy.results.light_modules_runtimes import RUNTIMES, Row, cost_table, measure, ratios
from arllie_deploy.results.timed_artifact import Timed, time_apart

MISSING = FORMATS["onnx"].why_unavailable()
needs_onnx = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))


def row(form: str, timed: Timed | None, reason: str | None = None) -> Row:
    return Row("denoising", form, "ncnn", (96, 64), 10, 20, 30, timed, reason)


def test_a_light_network_that_is_slower_is_shown_so() -> None:
    rows = [row("full", Timed(12.0, 11.0, 90_000_000)), row("light", Timed(16.0, 15.0, 45_000_000))]
    assert ratios(rows) == [["denoising", "ncnn", "12.0", "16.0", "0.8", "90", "45", "2.0"]]
    assert "| denoising | ncnn | 12.0 | 16.0 | 0.8 | 90 | 45 | 2.0 |" in cost_table(rows)


def test_a_runtime_that_failed_says_why() -> None:
    [line] = ratios([row("full", Timed(12.0, 11.0, 9)), row("light", None, "crashed with SIGSEGV")])
    assert line[:3] == ["denoising", "ncnn", "crashed with SIGSEGV"]
    assert not any(line[3:])


@needs_onnx
def test_one_artifact_is_timed_in_a_process_of_its_own(tmp_path: Path) -> None:
    from onnx import TensorProto, helper, save

    shape = [1, 3, 600, 800]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("input", "output")]
    graph = helper.make_graph([helper.make_node("Sqrt", ["input"], ["output"])], "one", ends[:1], ends[1:])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), tmp_path / "a.onnx")
    timed = time_apart(tmp_path / "a.onnx", 3, (800, 600))
    assert 0 < timed.milliseconds < 10_000
    assert 0 < timed.processor_milliseconds < 10_000
    # At least what comes out: 5.76 million bytes.
    assert 5_000_000 < timed.memory_bytes < 1_000_000_000


@pytest.mark.slow
@needs_onnx
@pytest.mark.filterwarnings("ignore")  # the converters and what they import warn about themselves
def test_every_runtime_that_is_installed_has_both_forms(tmp_path: Path) -> None:
    rows = measure(tmp_path, ["denoising"], 0.25)
    installed = [runtime for name, runtime in RUNTIMES.items() if FORMATS[name].why_unavailable() is None]
    assert [(one.form, one.runtime) for one in rows] == [
        (form, name) for form in ("full", "light") for name in installed
    ]
    full, light = rows[0], rows[-1]
    assert light.parameters < full.parameters
    assert light.macs < full.macs
    assert light.file_bytes < full.file_bytes
    assert all(one.timed is not None for one in rows)
