"""The snippets of docs/integration.md: Python is run, C++ compiled where its headers are, Kotlin only counted."""

import atexit
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from PIL import Image

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.export import qnn
from arllie_deploy.export.adaptive.artifacts import AdaptiveRequest, write_adaptive
from arllie_deploy.export.native.companions import write_common
from arllie_deploy.export.parity import LIMITS, mirrored
from arllie_deploy.export.request import Request
from arllie_deploy.export.targets import INTEGER_PRECISIONS, TARGETS
from arllie_deploy.models import find_fixed_model, find_model
from arllie_deploy.pictures.dark_set import dark_pictures
from arllie_deploy.quality.parity import compare
from arllie_deploy.runtimes import RUNTIMES

DOCUMENT = (Path(__file__).parents[2] / "docs" / "integration.md").read_text()
SECTIONS = {part.split("\n", 1)[0]: part for part in re.split(r"^## ", DOCUMENT, flags=re.MULTILINE)[1:]}
ADAPTIVE = "Models that look at the frame first"
# Sections that are not a target's; whoever adds one runs its snippets in a test of its own.
GENERAL = ("The same for every target", ADAPTIVE)
WRITTEN_SIZE = (1920, 1080)
# As small as shows whatever can go wrong: the frame of ethos-u takes more than one strip.
SIZES = {"ethos-u": (960, 540)}
SMALL_SIZE = (320, 180)
# Per target: companions of the main file that a reader needs to know of.
COMPANIONS = {
    "ethos-u": ["-u55-256.tflite", "-u65-512.tflite", "-u85-256.tflite"],
    "native-arm64-android": [".h", "-arllie.h", "-runner", "-example.c", ".cmake"],
    "native-arm64-linux": [".h", "-arllie.h", "-runner", "-example.c", ".cmake"],
    "native-cuda": ["-sm_80.cubin", "-sm_90.cubin", ".h", "-arllie.h", "-cuda.h", "-frames.h", "-example.c", ".cmake"],
    "native-hexagon": ["-v66.o", "-v73.o", ".h", "-arllie.h", "-hvx.h", "-example.c", ".cmake"],
    "native-x86-64": [".a", ".h", "-arllie.h", "-example.c", ".cmake"],
    "ncnn-cpu": [".bin", ".json"],
    "ncnn-vulkan": [".bin"],
    "openvino": [".bin"],
    "qnn-htp": [f"v{arch}" for arch in qnn.HTP_ARCHS] + [".bin"],
}
NO_PYTHON = ("native-arm64-linux", "native-arm64-android", "native-hexagon", "native-cuda")
NO_KOTLIN = ("ethos-u", "openvino", "native-x86-64", *NO_PYTHON)
IN_PYTHON = [name for name in TARGETS if name not in NO_PYTHON]
HAS_CUDA = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
COMPILER = shutil.which("g++")
COMPILE = [str(COMPILER), "-std=c++17", "-Wall", "-Wextra", "-Werror"]
# Reads and writes raw frames, around the functions of a snippet.
OPENVINO_MAIN = """
#include <fstream>
#include <iterator>
#include <vector>

int main(int, char** argv) {
  std::ifstream file(argv[2], std::ios::binary);
  const std::vector<char> rgb{std::istreambuf_iterator<char>(file), {}};
  std::vector<uint8_t> out(rgb.size());
  ov::InferRequest request = open_request(argv[1], 1);
  enhance(request, reinterpret_cast<const uint8_t*>(rgb.data()), out.data(), std::stoul(argv[4]), std::stoul(argv[5]));
  std::ofstream(argv[3], std::ios::binary).write(reinterpret_cast<const char*>(out.data()), out.size());
}
"""


def snippets(section: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", SECTIONS[section], flags=re.MULTILINE | re.DOTALL)


def snippet(section: str, language: str) -> str:
    [found] = snippets(section, language)
    return found


def file_name(name: str, size: tuple[int, int]) -> str:
    target = TARGETS[name]
    precision = target.precisions[0]
    return target.file_name(target.default_model(precision), precision, size)


def needed(name: str) -> None:
    """Skip where the artifact cannot be written or opened."""
    found = TARGETS[name].availability()
    if not found.ok:
        pytest.skip(str(found.reason))


def dark_frame(size: tuple[int, int]) -> NDArray[np.uint8]:
    return mirrored(next(iter(dark_pictures().values())), *size)


def expected(name: str, frame: NDArray[Any]) -> NDArray[Any]:
    target = TARGETS[name]
    return find_fixed_model(target.default_model(target.precisions[0])).enhance(frame)


def assert_faithful(name: str, made: NDArray[np.uint8], frame: NDArray[np.uint8]) -> None:
    wanted = expected(name, frame)
    assert made.shape == wanted.shape
    precision = TARGETS[name].precisions[0]
    limit = LIMITS[precision].dark_psnr_db
    if precision == "int8x16":
        assert np.abs(made.astype(int) - wanted).max() <= 1
    elif limit is None:
        assert np.abs(made.astype(int) - wanted).max() <= 1
        # Only values at the very edge of a level: cut off instead of rounded, half of them would differ.
        assert (made != wanted).mean() < 0.01
    else:
        assert compare(made / 255, wanted / 255).psnr_db >= limit


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Gives a folder with a target's artifact and a dark picture of its size; each is written once."""

    @cache
    def export(name: str) -> Path:
        target, size = TARGETS[name], SIZES.get(name, SMALL_SIZE)
        precision = target.precisions[0]
        folder = tmp_path_factory.mktemp(name)
        enhancer = find_fixed_model(target.default_model(precision))
        path = folder / file_name(name, size)
        with pytest.MonkeyPatch.context() as patch:
            # The generation that the snippet names; each takes seconds.
            patch.setattr(qnn, "HTP_ARCHS", (68,))
            target.writer()(Request(enhancer, name, precision, size, path, list(dark_pictures().values())))
        Image.fromarray(dark_frame(size)).save(folder / "dark.png")
        return folder

    return export


def run_snippet(name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a target's Python snippet in a folder as its reader would: its own process, none of our paths."""
    width, height = SIZES.get(name, SMALL_SIZE)
    (folder / "snippet.py").write_text(snippet(name, "python").replace("1920x1080", f"{width}x{height}"))
    (folder / "bright.png").unlink(missing_ok=True)
    line = [sys.executable, "-I", "-W", "error", "snippet.py"]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_every_target_has_its_section_and_every_section_its_target() -> None:
    assert list(SECTIONS) == [*GENERAL, *TARGETS]


@pytest.mark.parametrize("name", TARGETS)
def test_a_section_names_the_files_that_are_written(name: str) -> None:
    assert file_name(name, WRITTEN_SIZE) in SECTIONS[name]
    assert all(companion in SECTIONS[name] for companion in COMPANIONS.get(name, []))


@pytest.mark.parametrize("name", TARGETS)
def test_a_section_has_one_short_snippet_per_language(name: str) -> None:
    counts = {language: len(snippets(name, language)) for language in ("python", "cpp", "kotlin")}
    assert counts == {"python": 0 if name in NO_PYTHON else 1, "cpp": 1, "kotlin": 0 if name in NO_KOTLIN else 1}
    assert ("Python: none" in SECTIONS[name]) == (name in NO_PYTHON)
    assert ("Kotlin: none" in SECTIONS[name]) == (name in NO_KOTLIN)
    assert all(
        block.count("\n") <= 40 for block in re.findall(r"^```\w+\n(.*?)^```", SECTIONS[name], flags=re.M | re.S)
    )


def test_no_block_is_left_out_and_every_link_leads_somewhere() -> None:
    languages = set(re.findall(r"^```(\w+)$", DOCUMENT, flags=re.MULTILINE))
    assert languages == {"python", "cpp", "kotlin"}
    assert DOCUMENT.count("\n```") == 2 * sum(len(snippets(name, each)) for name in SECTIONS for each in languages)
    assert set(re.findall(r"\(#([^)]*)\)", DOCUMENT)) <= {name.lower().replace(" ", "-") for name in SECTIONS}


@pytest.mark.parametrize("name", IN_PYTHON)
def test_a_python_snippet_needs_nothing_of_this_package(name: str) -> None:
    assert "arllie_deploy" not in snippet(name, "python")


@pytest.mark.parametrize("name", IN_PYTHON)
def test_a_python_snippet_makes_the_references_picture(name: str, exported: Callable[[str], Path]) -> None:
    needed(name)
    if TARGETS[name].accelerator == "cuda" and not HAS_CUDA:
        pytest.skip("the installed onnxruntime has no CUDA provider")
    folder = exported(name)
    finished = run_snippet(name, folder)
    assert finished.returncode == 0, finished.stderr
    with Image.open(folder / "dark.png") as dark, Image.open(folder / "bright.png") as bright:
        frame, made = np.asarray(dark), np.asarray(bright)
    assert_faithful(name, made, frame)
    if TARGETS[name].precisions[0] in INTEGER_PRECISIONS:
        path = folder / file_name(name, SIZES.get(name, SMALL_SIZE))
        np.testing.assert_array_equal(made, RUNTIMES[TARGETS[name].runtime].open(path, 1).run(frame))


@pytest.mark.skipif(HAS_CUDA, reason="there is a CUDA provider here")
def test_the_cuda_snippet_does_not_fall_back_to_the_processor(exported: Callable[[str], Path]) -> None:
    needed("onnx-cuda")
    folder = exported("onnx-cuda")
    finished = run_snippet("onnx-cuda", folder)
    assert finished.returncode == 1
    assert "no CUDA provider" in finished.stderr
    assert not (folder / "bright.png").exists()


@cache
def native_headers(name: str) -> Path:
    """A folder with the headers of an artifact, which no compiler is needed for."""
    folder = Path(tempfile.mkdtemp(prefix="arllie-"))
    atexit.register(shutil.rmtree, folder)
    model = find_fixed_model(TARGETS[name].default_model("int8x16"))
    write_common(Request(model, name, "int8x16", SMALL_SIZE, folder / file_name(name, SMALL_SIZE)))
    return folder


def include_flags(name: str) -> list[str]:
    """Where the headers are that a package of PyPI brings; the compiler knows all other places itself."""
    if name.startswith("native-"):
        # The driver's header is NVIDIA's; what the snippet takes of it stands in for it.
        driver = Path(__file__).parents[1] / "export" / "native" / "cuda_stand_in"
        return ["-I", str(native_headers(name)), "-idirafter", str(driver)]
    found = find_spec("openvino") if name == "openvino" else None
    return [] if found is None else ["-isystem", str(Path(str(found.origin)).parent / "include")]


def skip_without_headers(name: str) -> None:
    if COMPILER is None:
        pytest.skip("there is no g++: apt-get install g++")
    includes = [line for line in snippet(name, "cpp").splitlines() if line.startswith("#include")]
    if name == "ncnn-vulkan":
        includes += ["#if !NCNN_VULKAN", "#error ncnn/gpu.h: ncnn was built without Vulkan", "#endif"]
    line = [*COMPILE, "-E", *include_flags(name), "-x", "c++", "-", "-o", "/dev/null"]
    found = subprocess.run(line, input="\n".join(includes), capture_output=True, text=True, check=False, timeout=60)
    missing = re.search(r"error: (?:#error )?(\S+):", found.stderr)
    if missing:
        brought = (
            "pip install openvino" if name == "openvino" else "neither Debian 12 nor the library's wheel brings it"
        )
        pytest.skip(f"{name}: g++ has no {missing[1]} ({brought}); where you have it, set CPLUS_INCLUDE_PATH")
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize("name", TARGETS)
def test_a_cpp_snippet_compiles(name: str) -> None:
    skip_without_headers(name)
    line = [*COMPILE, "-fsyntax-only", *include_flags(name), "-x", "c++", "-"]
    finished = subprocess.run(
        line, input=snippet(name, "cpp"), capture_output=True, text=True, check=False, timeout=120
    )
    assert finished.returncode == 0, finished.stderr


def test_the_cpp_of_openvino_makes_the_references_picture(exported: Callable[[str], Path], tmp_path: Path) -> None:
    needed("openvino")
    skip_without_headers("openvino")
    frame = dark_frame(SMALL_SIZE)
    frame.tofile(tmp_path / "dark.rgb")
    (tmp_path / "main.cpp").write_text(snippet("openvino", "cpp") + OPENVINO_MAIN)
    [library] = (Path(include_flags("openvino")[1]).parent / "libs").glob("libopenvino.so*")
    linked = [str(library), f"-Wl,-rpath,{library.parent}", "-o", "main"]
    subprocess.run([*COMPILE, *include_flags("openvino"), "main.cpp", *linked], cwd=tmp_path, check=True, timeout=120)
    model = exported("openvino") / file_name("openvino", SMALL_SIZE)
    line = ["./main", str(model), "dark.rgb", "bright.rgb", *map(str, SMALL_SIZE)]
    subprocess.run(line, cwd=tmp_path, check=True, timeout=60)
    assert_faithful("openvino", np.fromfile(tmp_path / "bright.rgb", np.uint8).reshape(frame.shape), frame)


def test_the_adaptive_snippet_makes_the_models_picture(tmp_path: Path) -> None:
    needed("onnx-cpu")
    model = find_model("arllie")
    assert isinstance(model, AdaptiveEnhancer)
    path = tmp_path / f"{model.name}-onnx-cpu-fp32.onnx"
    write_adaptive(AdaptiveRequest(model, "onnx-cpu", "onnx", "fp32", SMALL_SIZE, path))
    frame = dark_frame(SMALL_SIZE)
    Image.fromarray(frame).save(tmp_path / "dark.png")
    (tmp_path / "snippet.py").write_text(snippet(ADAPTIVE, "python"))
    line = [sys.executable, "-I", "-W", "error", "snippet.py"]
    ended = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    made = np.asarray(Image.open(tmp_path / "bright.png")).astype(int)
    assert np.abs(made - model.enhance(frame)).max() <= 1
