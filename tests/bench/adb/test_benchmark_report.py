import pytest
from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy.bench.adb.benchmark_report import Delegation, parse_report

NEW = """INFO: STARTING!
INFO: Log parameter values verbosely: [0]
INFO: Graph: [/data/local/tmp/m.tflite]
INFO: NNAPI accelerators available: [qti-dsp,qti-gpu,nnapi-reference]
INFO: Created TensorFlow Lite delegate for NNAPI.
VERBOSE: Replacing 5 out of 6 node(s) with delegate (TfLiteNnapiDelegate) node, yielding 2 partitions for subgraph 0.
INFO: Explicitly applied NNAPI delegate, and the model graph will be partially executed by the delegate w/ 1 kernels.
VERBOSE: Replacing 1 out of 1 node(s) with delegate (TfLiteXNNPackDelegate) node, yielding 1 partitions for subgraph 0.
INFO: The input model file size (MB): 0.0021
INFO: Initialized session in 714.9ms.
INFO: Running benchmark for at least 1 iterations and at least 0.5 seconds but terminate if exceeding 150 seconds.
INFO: count=9 first=87112 curr=51629 min=51629 max=87112 avg=58147.4 std=11478 p5=51629 median=51962 p95=87112

INFO: Running benchmark for at least 50 iterations and at least 1 seconds but terminate if exceeding 150 seconds.
INFO: count=50 first=52162 curr=49785 min=49088 max=686105 avg=63743.2 std=60716 p5=49620 median=51891 p95=68628

INFO: Inference timings in us: Init: 714949, First inference: 87112, Warmup (avg): 58147.4, Inference (avg): 63743.2
INFO: Overall peak memory footprint (MB) via periodic monitoring: 93.25
"""
OLD = """STARTING!
Unconsumed cmdline flags: --output_filepath=/x --use_hexagon=true
Log parameter values verbosely: [0]
nnapi accelerator name: [] (Available: qti-default,nnapi-reference)
INFO: Initialized TensorFlow Lite runtime.
Initialized session in 34.939ms.
Running benchmark for at least 1 iterations and at least 0.5 seconds but terminate if exceeding 150 seconds.
count=1 curr=11403859

Running benchmark for at least 50 iterations and at least 1 seconds but terminate if exceeding 150 seconds.
count=50 first=112256 curr=111087 min=110425 max=114213 avg=1.12533e+05 std=778

Inference timings in us: Init: 34939, First inference: 11403859, Warmup (avg): 1.14039e+07, Inference (avg): 112533
Timings (microseconds): count=50 first=79449 curr=81350 min=77385 max=88213 avg=79732 std=1929
"""


def test_a_new_version() -> None:
    report = parse_report(NEW, "NNAPI")
    assert report.warm_up is not None
    assert (report.warm_up.count, report.warm_up.first) == (9, 87112)
    assert report.inference is not None
    found = report.inference
    assert (found.count, found.first, found.curr, found.min, found.max) == (50, 52162, 49785, 49088, 686105)
    assert (found.avg, found.std, found.p5, found.median, found.p95) == (63743.2, 60716, 49620, 51891, 68628)
    assert found.calls_us == (52162, 49785)
    assert (report.init_us, report.peak_memory_bytes) == (714949, int(93.25 * 1048576))
    assert report.delegation == Delegation(5, 6, "partially")
    assert not report.delegation.complete
    assert report.accelerators == ("qti-dsp", "qti-gpu", "nnapi-reference")
    assert (report.unknown_flags, report.refusal, report.last_error) == ((), None, None)


def test_an_old_version_has_no_levels_and_no_percentiles() -> None:
    report = parse_report(OLD, "NNAPI")
    assert report.warm_up is not None
    assert (report.warm_up.count, report.warm_up.min, report.warm_up.std) == (1, 11403859, 0)
    assert report.warm_up.calls_us == (11403859,)
    assert report.inference is not None
    assert (report.inference.count, report.inference.avg, report.inference.median) == (50, 112533, None)
    assert report.unknown_flags == ("--output_filepath=/x", "--use_hexagon=true")
    assert report.accelerators == ("qti-default", "nnapi-reference")
    assert report.peak_memory_bytes is None


def test_calls_that_took_equally_long() -> None:
    report = parse_report("count=1 curr=5\ncount=2 curr=7 (all same)\n", "NNAPI")
    assert report.inference is not None
    assert (report.inference.count, report.inference.calls_us, report.inference.median) == (2, (7, 7), 7)


REPLACED = (
    "Replacing {} out of {} node(s) with delegate (TfLite{}Delegate) node, yielding 1 partitions for the whole graph."
)
APPLIED = "Explicitly applied {} delegate, and the model graph will be {} executed by the delegate"
REFUSED = "Though NNAPI delegate is explicitly applied, the model graph will not be executed by the delegate."
HEXAGON = "INFO: Hexagon delegate: {} nodes delegated out of {} nodes with 1 partitions."


@pytest.mark.parametrize(
    ("delegate", "lines", "counted", "complete"),
    [
        ("NNAPI", [REPLACED.format(6, 6, "Nnapi"), APPLIED.format("NNAPI", "completely")], (6, 6), True),
        ("NNAPI", [REPLACED.format(6, 6, "Nnapi")], (6, 6), True),
        ("NNAPI", [APPLIED.format("NNAPI", "completely")], (None, None), True),
        ("NNAPI", [REPLACED.format(5, 6, "Nnapi"), APPLIED.format("NNAPI", "completely")], (5, 6), False),
        ("NNAPI", [REPLACED.format(6, 6, "Nnapi"), APPLIED.format("NNAPI", "partially")], (6, 6), False),
        ("NNAPI", [APPLIED.format("NNAPI", "partially")], (None, None), False),
        ("NNAPI", [REFUSED, REPLACED.format(6, 6, "XNNPack")], (None, None), False),
        ("NNAPI", [REPLACED.format(6, 6, "XNNPack"), APPLIED.format("XNNPACK", "completely")], (None, None), False),
        ("NNAPI", [], (None, None), False),
        ("Hexagon", [HEXAGON.format(4, 4), REPLACED.format(4, 4, "Hexagon")], (4, 4), True),
        ("Hexagon", [HEXAGON.format(3, 4)], (3, 4), False),
        ("Hexagon", [REPLACED.format(6, 6, "Nnapi"), APPLIED.format("NNAPI", "completely")], (None, None), False),
    ],
)
def test_only_what_the_log_says_of_the_delegate_itself_counts(
    delegate: str, lines: list[str], counted: tuple[int | None, int | None], complete: bool
) -> None:
    delegation = parse_report("\n".join(lines), delegate).delegation
    assert (delegation.delegated, delegation.total) == counted
    assert delegation.complete is complete


@given(st.text())
def test_no_output_breaks_it(text: str) -> None:
    assert not parse_report(f"count=1{text}", "NNAPI").delegation.complete


@pytest.mark.parametrize("figures", ["first=x curr=-", "curr=1e999999", "first=..1", ""])
def test_figures_that_are_none(figures: str) -> None:
    report = parse_report(f"count=1 curr=1\ncount=3 {figures}\n", "NNAPI")
    assert report.inference is not None
    assert report.inference.median in (None, float("inf"))
