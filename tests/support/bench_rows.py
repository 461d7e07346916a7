"""Made rows and results for tests of the reports."""

from support.enhancers import random_enhancer
from support.pictures import darkened, scene

from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.contestant import Settings
from arllie_deploy.bench.machine import Machine
from arllie_deploy.bench.protocol import FloorTimes, Measurement
from arllie_deploy.bench.result import Result, compose
from arllie_deploy.bench.row import Row, row_parity
from arllie_deploy.bench.statistics import Timing, summarize
from arllie_deploy.bench.status import Status

PARITY = row_parity(
    {"max_abs": 2e-7, "mean_abs": 1e-8, "psnr_db": None, "interior_max_abs": 2e-7, "border_max_abs": 1e-7}, 1e-5
)
MACHINE = Machine("Made CPU & Sons <1>", "x86_64", 2, 8_000_000_000, None, "Linux 6.1", "3.11.9", 0.25)


def timing(around_ms: float) -> Timing:
    return summarize([around_ms * share for share in (0.9, 1.0, 1.1)])


def measured_row(runtime: str = "onnxruntime", target: str | None = None, around_ms: float = 20.0) -> Row:
    return Candidate(backend="cpu", runtime=runtime, target=target, size="48x40").row(
        Status.MEASURED,
        threads=2,
        parity=PARITY,
        infer_ms=timing(around_ms),
        end_to_end_ms=timing(2 * around_ms),
        memory_bytes=123_000_000,
        x_copy_hot=200.0,
        x_copy_cold=80.0,
        x_ort_fp32=1.0,
    )


def unavailable_row(reason: str = "no adb program here; install <adb> & connect") -> Row:
    return Candidate(backend="npu", runtime="litert", precision="int8", size="48x40").row(
        Status.UNAVAILABLE, reason=reason
    )


def emulated_row(packets_per_pixel: float = 0.87652) -> Row:
    return Candidate(backend="dsp", runtime="native-hexagon", precision="int8x16", size="48x40").row(
        Status.EMULATED, reason="an emulator has no time", parity=PARITY, packets_per_pixel=packets_per_pixel
    )


def made_result(*rows: Row, complete: bool = True, command: str = "arllie-bench --backends cpu") -> Result:
    subject = Subject(random_enhancer(), [darkened(scene(0), 0)], None)
    floor = FloorTimes(timing(0.2), timing(0.5), 48 * 40 * 3, 8)
    measurement = Measurement(rows or (measured_row(), unavailable_row()), floor, complete)
    return compose(
        measurement,
        subject,
        run_id="20261121T000000Z-0000",
        started="2026-11-21T00:00:00Z",
        command=command,
        settings=Settings(),
        machine=MACHINE,
    )
