"""The CUDA kernel's own source on the CPU: all lanes, all indices, all bytes against the integer model."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided
from support.enhancers import random_enhancer

import arllie_deploy.native
from arllie_deploy.native import oracle
from arllie_deploy.native.cuda import logistic_struct
from arllie_deploy.native.cuda_build import EPILOGUE_IDS
from arllie_deploy.native.integer import quantize
from arllie_deploy.native.kernel import integer_struct

SOURCES = Path(arllie_deploy.native.__file__).parent / "source"
HARNESS = Path(__file__).parent / "cuda_on_cpu"
UNTOUCHED = 0xA5
pytestmark = pytest.mark.skipif(shutil.which("g++") is None, reason="no g++ here: apt-get install g++")
Build = Callable[[str], Path]


@dataclass(frozen=True)
class Case:
    """Frames in memory, and how the GPU would be used."""

    width: int
    height: int
    count: int = 1
    row_gap: int = 0
    source_offset: int = 0
    target_offset: int = 0
    strip: int = 3
    blocks: int = 1
    threads: int = 64
    ulps: int = 0

    @property
    def row(self) -> int:
        return 3 * self.width + self.row_gap

    @property
    def frame(self) -> int:
        return self.height * self.row + 4 * self.row_gap

    def size(self, offset: int) -> int:
        return offset + (self.count - 1) * self.frame + (self.height - 1) * self.row + 3 * self.width

    def pictures(self, memory: np.ndarray, offset: int) -> np.ndarray:
        shape = (self.count, self.height, self.width, 3)
        return as_strided(memory[offset:], shape, (self.frame, self.row, 3, 1))

    @property
    def arguments(self) -> list[str]:
        layout = [self.row, self.frame, self.source_offset, self.row, self.frame, self.target_offset]
        use = [self.strip, self.blocks, self.threads, self.ulps]
        return [str(value) for value in (self.width, self.height, self.count, *layout, *use)]


CASES = {
    "one pixel": Case(1, 1),
    "a group and a bit": Case(5, 4),
    "odd width": Case(67, 5),
    "one piece": Case(64, 4, strip=2),
    "inner, left and right pieces": Case(200, 3),
    "a piece that ends with its row": Case(128, 3, blocks=3),
    "batch, two blocks": Case(68, 6, count=2, strip=4, blocks=2),
    "aligned rows of odd length": Case(129, 5, count=2, row_gap=1),
    "rows that are not aligned": Case(129, 5, row_gap=2),
    "source not aligned": Case(132, 3, source_offset=1),
    "target not aligned": Case(132, 3, target_offset=2),
    "padded, both aligned": Case(132, 4, count=2, row_gap=8, source_offset=4, target_offset=8),
    "one tall piece": Case(8, 20, strip=100),
}


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("cuda_on_cpu")

    def built(epilogue: str) -> Path:
        program = folder / epilogue
        if not program.exists():
            line = ["g++", "-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off"]
            # What is read or written beyond a frame's memory ends the program.
            line += ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
            line += [f"-DARLLIE_EPILOGUE={EPILOGUE_IDS[epilogue]}"]
            line += [f"-I{folder}" for folder in (HARNESS, SOURCES / "cuda", SOURCES)]
            subprocess.run([*line, "-o", str(program), str(HARNESS / "main.cpp")], check=True)
        return program

    return built


def made_and_expected(program: Path, epilogue: str, case: Case, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The target's memory after the program, and what the integer model wants there with the rest untouched."""
    enhancer = random_enhancer(epilogue, seed)
    source = np.random.default_rng(seed).integers(0, 256, case.size(case.source_offset), np.uint8)
    source[: source.size // 3] //= 8  # dark, where the curves are steep
    expected = np.full(case.size(case.target_offset), UNTOUCHED, np.uint8)
    model = quantize(enhancer)
    for picture, wanted in zip(
        case.pictures(source, case.source_offset), case.pictures(expected, case.target_offset), strict=True
    ):
        wanted[:] = oracle.enhance(model, np.ascontiguousarray(picture))
    given = bytes(integer_struct(enhancer)) + bytes(logistic_struct(epilogue)) + source.tobytes()
    done = subprocess.run([program, *case.arguments], input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return np.frombuffer(done.stdout, np.uint8), expected


@pytest.mark.parametrize("epilogue", EPILOGUE_IDS)
@pytest.mark.parametrize("name", CASES)
def test_every_byte_is_the_integer_models_and_no_other_is_touched(build: Build, epilogue: str, name: str) -> None:
    np.testing.assert_array_equal(*made_and_expected(build(epilogue), epilogue, CASES[name]))


@pytest.mark.parametrize("epilogue", ["residual", "curve"])
@pytest.mark.parametrize("ulps", [-1, 1])
def test_a_reciprocal_that_is_off_by_what_the_gpu_may_be_changes_no_byte(
    build: Build, epilogue: str, ulps: int
) -> None:
    np.testing.assert_array_equal(*made_and_expected(build(epilogue), epilogue, Case(70, 6, ulps=ulps), seed=1))


@pytest.mark.parametrize("epilogue", ["residual", "curve"])
def test_every_quotient_is_exact_with_a_reciprocal_off_by_up_to_two_ulps(epilogue: str, tmp_path: Path) -> None:
    """All divisors to 65535 with all 256 bytes (residual), or at every place where the result changes (curve)."""
    program = tmp_path / "quotients"
    line = ["g++", "-std=c++17", "-O2", "-march=native", "-ffp-contract=off"]
    line += [f"-DARLLIE_EPILOGUE={EPILOGUE_IDS[epilogue]}"]
    line += [f"-I{folder}" for folder in (HARNESS, SOURCES / "cuda", SOURCES)]
    subprocess.run([*line, "-o", str(program), str(HARNESS / "main.cpp")], check=True)
    assert subprocess.run([program, "quotients"], capture_output=True, text=True, check=False).stdout == "0\n"
