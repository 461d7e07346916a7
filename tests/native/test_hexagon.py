"""The HVX kernel, executed by QEMU: the oracle's bytes within a fixed number of packets; its division is exact."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.enhancers import random_enhancer

from arllie_deploy import native
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.models import MEMBERS, find_model
from arllie_deploy.native import hexagon
from arllie_deploy.native.hexagon import ARCHITECTURES, Counters, Emulator, Toolchain
from arllie_deploy.native.integer import LARGEST_WEIGHT, IntegerModel, quantize
from arllie_deploy.native.integer_curve import IntegerCurve
from arllie_deploy.native.kernel import integer_struct, model_struct
from arllie_deploy.native.library import IntegerStruct
from arllie_deploy.native.oracle import enhance

Frame = NDArray[np.uint8]
Int = NDArray[np.int64]

# Narrower than a vector of 32 pixels, exactly one, an overlapping last one; odd heights.
SIZES = ((1, 1), (2, 31), (1, 32), (3, 33), (13, 7), (4, 64), (7, 95))
GATE_SIZE = (64, 256)
# By clang's version: packets of a frame of GATE_SIZE. May only fall.
PACKETS = {
    22: {"plain": 15399, "residual": 28317, "direct": 21375, "curve": 27947},
}


@dataclass(frozen=True)
class Machine:
    emulator: Emulator
    runner: Path
    version: int

    def run(self, model: IntegerStruct, frame: Frame, padding: int = 0) -> tuple[Frame, Counters]:
        return hexagon.execute(self.emulator, self.runner, model, frame, padding=padding)


@pytest.fixture(scope="module")
def toolchain() -> Toolchain:
    try:
        return hexagon.find_toolchain()
    except UnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def machine(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    try:
        emulator = hexagon.find_emulator()
    except UnavailableError as error:
        pytest.skip(str(error))
    runner = hexagon.build_runner(tmp_path_factory.mktemp("hexagon"), "v68", toolchain)
    return Machine(emulator, runner, toolchain.version)


def _frame(height: int, width: int, seed: int = 0) -> Frame:
    """Dark, bright and extreme columns of blocks, and a fourth byte of any value."""
    rng = np.random.default_rng(seed)
    largest = np.resize([255, 40, 255, 8], (width + 4) // 5).repeat(5)[:width, None]
    frame = (rng.random((height, width, 4)) * (largest + 1)).astype(np.uint8)
    frame[rng.random((height, width)) < 0.1] = 0
    frame[rng.random((height, width)) < 0.1] = 255
    frame[..., 3] = rng.integers(0, 256, (height, width))
    return frame


def _extreme(epilogue: str, shift: int, limit: int) -> IntegerModel:
    """Weights over all that 16 bits may hold, with both int8 halves at their ends."""
    rng = np.random.default_rng(shift)
    kernel = rng.integers(-LARGEST_WEIGHT, LARGEST_WEIGHT + 1, (3, 3, 3, 3)).astype(np.int16)
    kernel[rng.random(kernel.shape) < 0.3] = rng.choice([-LARGEST_WEIGHT, LARGEST_WEIGHT, -129, -128, 127, 128])
    bias = rng.integers(-(2**28), 2**28, 3).astype(np.int32)
    model = quantize(random_enhancer(epilogue))
    return replace(model, shift=shift, kernel=kernel, bias=bias, limit=limit)


@dataclass(frozen=True)
class Run:
    """What the machine made, what the oracle and the untouched fourth bytes are, and what was executed."""

    made: Frame
    expected: Frame
    counters: Counters


def _run(machine: Machine, model: IntegerModel, frame: Frame, padding: int = 0) -> Run:
    made, counters = machine.run(model_struct(model), frame, padding)
    return Run(made, np.dstack([enhance(model, np.ascontiguousarray(frame[..., :3])), frame[..., 3]]), counters)


@pytest.mark.parametrize("epilogue", sorted(EPILOGUES))
@pytest.mark.parametrize("size", SIZES)
def test_every_size_has_the_bytes_of_the_oracle(machine: Machine, epilogue: str, size: tuple[int, int]) -> None:
    model = quantize(random_enhancer(epilogue, size[1]))
    run = _run(machine, model, _frame(*size, seed=size[0]), padding=size[0] % 3)
    np.testing.assert_array_equal(run.made, run.expected)


@pytest.mark.parametrize("epilogue", ["plain", "residual", "direct"])
@pytest.mark.parametrize(("shift", "limit"), [(4, 256), (9, 40000), (14, 65280)])
def test_extreme_weights_have_the_bytes_of_the_oracle(machine: Machine, epilogue: str, shift: int, limit: int) -> None:
    run = _run(machine, _extreme(epilogue, shift, limit), _frame(9, 70, shift))
    np.testing.assert_array_equal(run.made, run.expected)


@pytest.mark.parametrize(
    "curve",
    [
        IntegerCurve(shift=0, unit=1.0, whole=0, fraction=65535, offset=1, top=65535),
        IntegerCurve(shift=9, unit=1.0, whole=0, fraction=30000, offset=20000, top=65535),
        IntegerCurve(shift=15, unit=1.0, whole=9, fraction=1, offset=255, top=65535),
        IntegerCurve(shift=24, unit=1.0, whole=300, fraction=9999, offset=1, top=65535),
    ],
    ids=lambda curve: f"shift {curve.shift}",
)
def test_extreme_curves_have_the_bytes_of_the_oracle(machine: Machine, curve: IntegerCurve) -> None:
    run = _run(machine, replace(_extreme("curve", 14, 0), curve=curve), _frame(9, 70))
    np.testing.assert_array_equal(run.made, run.expected)


def test_a_whole_frame_has_the_bytes_of_the_oracle(
    machine: Machine, record_property: Callable[[str, object], None]
) -> None:
    shipped = [model for model in map(find_model, sorted(MEMBERS)) if isinstance(model, Enhancer)]
    model = quantize(next(model for model in shipped if model.epilogue == "residual"))
    run = _run(machine, model, _frame(1080, 1920))
    np.testing.assert_array_equal(run.made, run.expected)
    record_property("Hexagon packets per pixel, residual, 1080p", round(run.counters.packets / (1080 * 1920), 3))


@pytest.mark.parametrize("epilogue", sorted(EPILOGUES))
def test_no_epilogue_executes_more_packets_than_before(machine: Machine, epilogue: str) -> None:
    if machine.version not in PACKETS:
        pytest.skip(f"the packets that clang {machine.version} makes are not recorded: apt-get install clang-22 lld-22")
    run = _run(machine, quantize(random_enhancer(epilogue)), _frame(*GATE_SIZE))
    np.testing.assert_array_equal(run.made, run.expected)
    counters = run.counters
    assert counters.packets <= PACKETS[machine.version][epilogue]
    assert counters.hvx_instructions < counters.instructions < 4 * counters.packets


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_links_without_a_library(toolchain: Toolchain, tmp_path: Path, architecture: str) -> None:
    runner = hexagon.build_runner(tmp_path, architecture, toolchain)
    header = runner.read_bytes()[:64]
    assert header[:4] == b"\x7fELF"
    assert header[18] == 164, "the ELF number of Hexagon"
    assert header[36] == int(architecture[1:], 16), "the header's flags begin with the architecture"


def test_a_refused_model_is_an_error(machine: Machine) -> None:
    model = integer_struct(random_enhancer())
    model.shift = 15
    with pytest.raises(ArllieError, match="refused the model"):
        machine.run(model, _frame(2, 2))


def test_another_frame_is_an_error() -> None:
    emulator = Emulator(Path("unused"), 10)
    with pytest.raises(ArllieError, match="uint8\\[height, width, 4\\]"):
        hexagon.execute(emulator, Path("unused"), IntegerStruct(), np.zeros((2, 2, 3), np.uint8))


def test_an_unknown_architecture_is_an_error(tmp_path: Path) -> None:
    unused = Toolchain(22, Path("unused"), Path("unused"))
    with pytest.raises(ArllieError, match="v66, v68, v73"):
        hexagon.build_object(tmp_path, "v60", unused)


def test_missing_programs_are_named_with_their_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError, match="apt-get install clang-22 lld-22"):
        hexagon.find_toolchain()
    with pytest.raises(UnavailableError, match="apt-get install qemu-user-static"):
        hexagon.find_emulator()


# The 16-bit steps of source/hvx/divide.h, with the numbers that C has.


def _line_numbers(name: str) -> Int:
    text = (Path(native.__file__).parent / "source" / "hvx" / "reciprocal.h").read_text()
    found = re.search(rf"{name}\[RECIPROCAL_LINES\] = {{([^}}]*)}}", text)
    assert found is not None
    return np.array([int(number) for number in found[1].replace("\n", " ").rstrip(" ,").split(",")], np.int64)


def _int16(values: Int) -> Int:
    return (values + 32768 & 65535) - 32768


def _mulhrs(a: Int, b: Int) -> Int:
    assert np.abs(a).max() <= 32768
    assert np.abs(b).max() <= 32768
    return a * b + 0x4000 >> 15


def _shift_right(values: Int, amounts: Int) -> Int:
    return (values << (-amounts).clip(0)) >> amounts.clip(0)


def _shift_of(divisor: Int) -> Int:
    leading_zeros = 16 - np.frexp(divisor.astype(np.float64))[1].astype(np.int64)
    return 1 - leading_zeros


def _reciprocal(divisor: Int) -> Int:
    normal = _shift_right(divisor, _shift_of(divisor))
    line = (normal >> 10) - 16
    slope = _line_numbers("reciprocal_slope")[line]
    return _int16(_line_numbers("reciprocal_base")[line] + _mulhrs(normal, slope))


def _divided(dividend: Int, divisor: Int) -> Int:
    """As `divided` in divide.h, step by step."""
    estimate = _mulhrs(_shift_right(dividend, _shift_of(divisor)), _reciprocal(divisor))
    odd = estimate >> 4 | 1
    quarter = _int16(odd * divisor >> 2)
    sign = _int16(quarter + (dividend << 7)) >> 15
    return sign - (estimate >> 5)


def test_the_estimate_is_less_than_half_a_level_off_for_every_divisor_and_dividend() -> None:
    divisor = np.arange(1, 65536)
    shift = _shift_of(divisor)
    normal = _shift_right(divisor, shift)
    assert normal.min() == 1 << 14
    assert normal.max() == (1 << 15) - 1
    reciprocal = _reciprocal(divisor)
    assert -32768 < reciprocal.min() <= reciprocal.max() < 0
    # p times the difference of two factors, so that p = divisor is the worst; then what both roundings add.
    factor = -reciprocal * 2.0 ** (-20 - shift)
    off = np.abs(factor - 256 / divisor) * divisor
    lost_bit = np.where(shift == 1, -reciprocal / 2.0**20, 0.0)
    assert (off + lost_bit + 0.5 / 32).max() < 0.5


def test_the_division_of_residual_is_exact_for_every_pixel_and_illumination() -> None:
    for first in range(256, 65281, 4096):
        illumination = np.arange(first, min(first + 4096, 65281))
        x = np.arange(256)
        pairs = 255 * x[:, None] <= illumination
        a, p = np.broadcast_to(illumination, pairs.shape)[pairs], np.broadcast_to(255 * x[:, None], pairs.shape)[pairs]
        np.testing.assert_array_equal(_divided(p, a), (256 * p + (a >> 1)) // a)


def test_the_division_of_curve_is_exact_for_every_small_and_for_drawn_divisors() -> None:
    small = np.arange(1, 1025)
    pairs = np.arange(1025)[:, None] <= small
    a, p = np.broadcast_to(small, pairs.shape)[pairs], np.broadcast_to(np.arange(1025)[:, None], pairs.shape)[pairs]
    np.testing.assert_array_equal(_divided(p, a), (256 * p + (a >> 1)) // a)
    rng = np.random.default_rng(0)
    a = rng.integers(1, 65536, 1_000_000)
    p = rng.integers(0, a + 1)
    np.testing.assert_array_equal(_divided(p, a), (256 * p + (a >> 1)) // a)
