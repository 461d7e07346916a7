"""The artifact of CUDA: its modules, what they say of themselves, and its example with a driver that needs no GPU."""

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.enhancers import random_enhancer
from support.native_artifacts import built_by_cmake, request_for, written
from support.ppm import read_ppm, write_ppm

from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.export.native import cuda as writer
from arllie_deploy.export.native.companions import write_common
from arllie_deploy.export.request import Request, Written
from arllie_deploy.export.targets.native_cuda import ROW
from arllie_deploy.native import cuda_driver, oracle
from arllie_deploy.native.cuda import THREADS, FramesStruct, logistic_struct, pieces, shared_bytes, strip_rows
from arllie_deploy.native.cuda_build import EPILOGUE_IDS, Compiled, nvrtc_problem
from arllie_deploy.native.integer import quantize
from arllie_deploy.native.kernel import integer_struct
from arllie_deploy.runtimes import RUNTIMES
from arllie_deploy.runtimes.native_ptx import read_ptx

PROBLEM = nvrtc_problem()
needs_nvrtc = pytest.mark.skipif(PROBLEM is not None, reason=str(PROBLEM))
needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="no g++ here: apt-get install g++")
NO_GPU = cuda_driver.driver_absence()
HERE = Path(__file__).parent
ON_CPU = HERE.parents[1] / "native" / "cuda_on_cpu"
STEM = "random-native-cuda-int8x16"
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Request, Written]:
    return written(ROW.name, tmp_path_factory.mktemp("made"))


@needs_nvrtc
def test_everything_is_listed_and_nothing_else_is_there(made: tuple[Request, Written]) -> None:
    request, said = made
    endings = ["-sm_80.cubin", "-sm_90.cubin", ".h", "-arllie.h", "-frames.h", "-cuda.h", "-example.c", ".cmake"]
    assert set(said.sidecars) == {f"{STEM}{ending}" for ending in endings}
    assert {path.name for path in request.path.parent.iterdir()} == {request.path.name, *said.sidecars}
    assert said.tools["nvrtc"].count(".") == 1
    for path in request.path.parent.glob("*.[ch]*"):
        assert "@" not in path.read_text(errors="ignore") or path.suffix == ".cubin", path.name


@needs_nvrtc
def test_the_manifest_has_registers_and_no_spills(made: tuple[Request, Written]) -> None:
    facts = made[1].facts["cuda"]
    assert list(facts) == ["sm_80", "sm_90"]
    for architecture, resources in facts.items():
        assert resources["file"] == f"{STEM}-{architecture}.cubin"
        assert resources["spilled_bytes"] == 0
        assert 0 < resources["registers"] <= 65536 // THREADS


@pytest.mark.parametrize(("registers", "spilled"), [(64, 8), (65, 0)])
def test_code_that_spills_or_fits_no_multiprocessor_is_no_artifact(
    registers: int, spilled: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "nvrtc_version", lambda: "1.0")
    monkeypatch.setattr(writer, "compile_kernel", lambda _, name, data: Compiled(name, b"", registers, spilled))
    with pytest.raises(ArllieError, match=f"sm_80: NVRTC gives a thread {registers} registers and spills {spilled}"):
        written(ROW.name, tmp_path)


@needs_nvrtc
@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_the_ptx_holds_the_model_and_is_read_back(epilogue: str, tmp_path: Path) -> None:
    request, _ = written(ROW.name, tmp_path, random_enhancer(epilogue))
    model = read_ptx(request.path)
    assert model.epilogue == epilogue
    assert bytes(model.integers) == bytes(integer_struct(request.enhancer))
    assert bytes(model.logistic) == bytes(logistic_struct(epilogue))
    assert model.code == request.path.read_bytes() + b"\0"


@needs_nvrtc
def test_the_same_request_gives_the_same_bytes_in_another_folder(made: tuple[Request, Written], tmp_path: Path) -> None:
    written(ROW.name, tmp_path)
    for path in sorted(made[0].path.parent.iterdir()):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name
        assert str(tmp_path).encode() not in path.read_bytes()


def test_a_file_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    runtime = RUNTIMES[ROW.runtime]
    other = tmp_path / "other.ptx"
    other.write_text(".version 9.0\n.target sm_80\n")
    with pytest.raises(ArllieError, match=r"other\.ptx: not a module of arllie-export.*no constant"):
        runtime.open(other, None)
    constants = {
        "arllie_artifact_description": "{1}",
        "arllie_artifact_model": "{1}",
        "arllie_artifact_logistic": "{1}",
    }
    other.write_text("".join(f".const .align 4 .b8 {name}[3] = {text};\n" for name, text in constants.items()))
    with pytest.raises(ArllieError, match="not a module of arllie-export"):
        runtime.open(other, None)
    with pytest.raises(ArllieError, match="--target native-cuda"):
        runtime.open(random_enhancer(), None)


@needs_nvrtc
@pytest.mark.skipif(NO_GPU is None, reason="there is a GPU here")
def test_without_a_driver_it_is_unavailable_in_a_sentence(made: tuple[Request, Written]) -> None:
    found = ROW.availability()
    assert (found.ok, found.reason) == (False, NO_GPU)
    with pytest.raises(UnavailableError, match="install NVIDIA's driver"):
        RUNTIMES[ROW.runtime].open(made[0].path, None)
    assert RUNTIMES["native-ptx"].availability().reason == NO_GPU


@needs_nvrtc
@pytest.mark.skipif(NO_GPU is not None, reason=str(NO_GPU))
@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_the_gpu_gives_the_oracles_bytes(epilogue: str, tmp_path: Path) -> None:
    request, _ = written(ROW.name, tmp_path, random_enhancer(epilogue))
    opened = RUNTIMES[ROW.runtime].open(request.path, None)
    for height, width in [(1, 1), (67, 251), (1080, 1920)]:
        frame = RNG.integers(0, 256, (height, width, 3), np.uint8)
        np.testing.assert_array_equal(opened.run(frame), oracle.enhance(quantize(request.enhancer), frame))


@pytest.fixture(scope="module")
def launch(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The header's launch as a library."""
    folder = tmp_path_factory.mktemp("launch")
    write_common(request_for(ROW.name, folder))
    (folder / "launch.c").write_text(
        f'#include "{STEM}-cuda.h"\n'
        "void frames(struct arllie_frames *f, int32_t w, int32_t h, int32_t n, int32_t p) {\n"
        "    *f = arllie_cuda_frames(4096, 8192, w, h, n, p);\n}\n"
        "uint32_t blocks(struct arllie_frames *f, int32_t p) { return arllie_cuda_blocks(f, p); }\n"
        "int shared(void) { return arllie_random_int8x16_shared_bytes; }\n"
    )
    line = ["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "launch.c", "-o", "launch.so"]
    subprocess.run(line, cwd=folder, check=True, timeout=60)
    return ctypes.CDLL(str(folder / "launch.so"))


@needs_compiler
@given(
    width=st.integers(1, 16384),
    height=st.integers(1, 16384),
    count=st.integers(1, 64),
    processors=st.integers(1, 160),
)
def test_the_headers_launch_is_ours(launch: ctypes.CDLL, width: int, height: int, count: int, processors: int) -> None:
    warps, frames = THREADS // 32, FramesStruct()
    launch.frames(ctypes.byref(frames), width, height, count, processors)
    strip = strip_rows(width, height, count, warps * processors)
    assert (frames.source, frames.target) == (4096, 8192)
    assert (frames.source_row, frames.source_frame) == (3 * width, 3 * width * height)
    assert (frames.target_row, frames.target_frame) == (3 * width, 3 * width * height)
    assert (frames.width, frames.height, frames.count, frames.strip) == (width, height, count, strip)
    blocks = min(processors, -(-pieces(width, height, count, strip) // warps))
    assert launch.blocks(ctypes.byref(frames), processors) == blocks
    assert launch.shared() == shared_bytes("residual")


@needs_compiler
@pytest.mark.skipif(shutil.which("cmake") is None, reason="no cmake here: apt-get install cmake")
@pytest.mark.parametrize("epilogue", ["residual", "curve"])
def test_the_example_enhances_a_picture_with_a_driver_on_the_cpu(epilogue: str, tmp_path: Path) -> None:
    request = request_for(ROW.name, tmp_path, random_enhancer(epilogue))
    write_common(request)
    line = ["g++", "-std=c++17", "-O1", "-shared", "-fPIC", f"-DARLLIE_EPILOGUE={EPILOGUE_IDS[epilogue]}"]
    source = Path(oracle.__file__).parent / "source"
    line += [f"-I{folder}" for folder in (HERE / "cuda_stand_in", ON_CPU, source / "cuda", source)]
    subprocess.run([*line, HERE / "cuda_stand_in" / "driver.cpp", "-o", tmp_path / "libcuda.so"], check=True)
    (tmp_path / "FindCUDAToolkit.cmake").write_text(
        "add_library(CUDA::cuda_driver INTERFACE IMPORTED)\n"
        f'target_include_directories(CUDA::cuda_driver INTERFACE "{HERE / "cuda_stand_in"}")\n'
        f'target_link_libraries(CUDA::cuda_driver INTERFACE "{tmp_path / "libcuda.so"}")\n'
    )
    lines = [f'list(APPEND CMAKE_MODULE_PATH "{tmp_path}")', f'include("{tmp_path}/{STEM}.cmake")']
    program = built_by_cmake(tmp_path, lines, [f"{STEM}-example"]) / f"{STEM}-example"
    frame = RNG.integers(0, 90, (7, 131, 3), np.uint8)
    write_ppm(tmp_path / "dark.ppm", frame)
    refused = subprocess.run([program, "no.ptx", "dark.ppm", "b.ppm"], cwd=tmp_path, capture_output=True, check=False)
    assert (refused.returncode, b"cuModuleLoad" in refused.stderr) == (1, True)
    request.path.write_text("stands for the module\n")
    subprocess.run([program, request.path, "dark.ppm", "b.ppm"], cwd=tmp_path, check=True, timeout=120)
    np.testing.assert_array_equal(read_ppm(tmp_path / "b.ppm"), oracle.enhance(quantize(request.enhancer), frame))
