"""Adaptive models as C: each step is Python's, the gate stops another model, and the example enhances a video."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.adaptive_exports import shipped
from support.enhancers import random_adaptive
from support.native_artifacts import built_by_cmake
from support.runner_requests import execute

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.bench.runner.protocol import request as runner_request
from arllie_deploy.errors import ArllieError
from arllie_deploy.export.adaptive.artifacts import AdaptiveRequest, write_adaptive
from arllie_deploy.export.adaptive.verification import verify_adaptive
from arllie_deploy.export.native.build import ADAPTIVE_SOURCES, SOURCES
from arllie_deploy.export.native.head_constants import head_header, head_name
from arllie_deploy.export.parity import LIMITS, Check
from arllie_deploy.export.request import Written
from arllie_deploy.export.targets import TARGETS
from arllie_deploy.native.video import VideoPipeline
from arllie_deploy.runtimes import RUNTIMES
from arllie_deploy.runtimes.native_arm64 import runner_of
from arllie_deploy.statistics import frame_statistics
from arllie_deploy.temporal import Smoother

MODEL = shipped("arllie-adaptive")
SIZE = (93, 67)
LIMIT = LIMITS["int8x16"]
ENDINGS = (".a", ".h", "-arllie.h", "-adaptive.h", "-example.c", ".cmake")
CROSS = "aarch64-linux-gnu-gcc"
X86, ARM = "native-x86-64", "native-arm64-linux"


def request(target: str, folder: Path, model: AdaptiveEnhancer = MODEL) -> AdaptiveRequest:
    path = folder / TARGETS[target].file_name(model.name, "int8x16", SIZE)
    return AdaptiveRequest(model, target, "c", "int8x16", SIZE, path)


def _made(target: str, factory: pytest.TempPathFactory) -> tuple[AdaptiveRequest, Written]:
    found = TARGETS[target].availability()
    if not found.ok:
        pytest.skip(str(found.reason))
    asked = request(target, factory.mktemp(target))
    return asked, write_adaptive(asked)


@pytest.fixture(scope="module")
def on_x86(tmp_path_factory: pytest.TempPathFactory) -> tuple[AdaptiveRequest, Written]:
    return _made(X86, tmp_path_factory)


@pytest.fixture(scope="module")
def on_arm(tmp_path_factory: pytest.TempPathFactory) -> tuple[AdaptiveRequest, Written]:
    return _made(ARM, tmp_path_factory)


@pytest.fixture(params=["on_x86", "on_arm"])
def made(request: pytest.FixtureRequest) -> tuple[AdaptiveRequest, Written]:
    result: tuple[AdaptiveRequest, Written] = request.getfixturevalue(request.param)
    return result


def clip() -> list[NDArray[np.uint8]]:
    """Frames that grow brighter, and after a cut others."""
    rng = np.random.default_rng(0)
    dark = rng.integers(0, 25, (SIZE[1], SIZE[0], 3), np.uint8)
    return [dark, dark + 4, dark + 8, 255 - dark, 250 - dark]


def references() -> list[NDArray[np.uint8]]:
    """What Python makes of the clip, each frame conditioned on those before it, the first one on itself."""
    smoother, results = Smoother(), []
    frames = clip()
    for frame, seen in zip(frames, [frames[0], *frames], strict=False):
        results.append(MODEL.condition(smoother.update(frame_statistics(seen))).enhance(frame))
    return results


def test_everything_is_listed_and_nothing_else_is_there(made: tuple[AdaptiveRequest, Written]) -> None:
    asked, said = made
    stem = asked.path.name.removesuffix(TARGETS[asked.target].suffix)
    names = {f"{stem}{ending}" for ending in ENDINGS} | {asked.path.name}
    if asked.target == ARM:
        names.add(f"{stem}-runner")
    assert {asked.path.name, *said.sidecars} == names == {path.name for path in asked.path.parent.iterdir()}
    assert said.facts["adaptive"]["parameters"] == MODEL.parameters
    assert set(ADAPTIVE_SOURCES) < set(said.facts["kernels"])
    example = asked.path.with_name(f"{stem}-example.c").read_text()
    assert "@" not in example
    assert len(example.splitlines()) <= 45


def test_every_file_of_the_conditioning_is_compiled() -> None:
    assert list(ADAPTIVE_SOURCES) == sorted(f"adaptive/{path.name}" for path in (SOURCES / "adaptive").glob("*.c"))


def test_it_passes_its_gate(made: tuple[AdaptiveRequest, Written]) -> None:
    asked, _ = made
    verdict = verify_adaptive(MODEL, [Check(asked.path, SIZE)], LIMIT)
    assert verdict.failed is None
    assert verdict.statistics_max_abs <= 1e-12
    assert verdict.end_to_end_max_levels <= 1
    assert verdict.frame_graph.parity.max_abs <= 1.5 / 255
    assert ("qemu-aarch64" if asked.target == ARM else "the exported library") in verdict.executed_by


def test_the_gate_stops_another_model(made: tuple[AdaptiveRequest, Written]) -> None:
    head = MODEL.head
    other = AdaptiveEnhancer("other", replace(head, output_bias=head.output_bias * np.float32(1.5)))
    verdict = verify_adaptive(other, [Check(made[0].path, SIZE, one_frame=True)], LIMIT)
    assert verdict.failed is not None
    assert "the result differs by" in verdict.failed


def test_its_runtime_enhances_a_picture_of_its_own(made: tuple[AdaptiveRequest, Written]) -> None:
    asked, _ = made
    opened = RUNTIMES[TARGETS[asked.target].runtime].open(asked.path, 1)
    for frame in clip():
        assert np.abs(opened.run(frame).astype(int) - MODEL.enhance(frame)).max() <= 1


def test_cmake_builds_the_example_which_enhances_a_video_as_the_pipeline_does(
    on_x86: tuple[AdaptiveRequest, Written], tmp_path: Path
) -> None:
    if shutil.which("cmake") is None:
        pytest.skip("no cmake here: apt-get install cmake")
    stem = on_x86[0].path.stem
    folder = on_x86[0].path.parent
    programs = built_by_cmake(tmp_path, [f'include("{folder}/{stem}.cmake")'], [f"{stem}-example"])
    results = _enhanced([str(programs / f"{stem}-example")])
    with VideoPipeline(MODEL, (SIZE[1], SIZE[0])) as pipeline:
        for frame, result, reference in zip(clip(), results, references(), strict=True):
            slot = pipeline.acquire()
            slot.frame[:] = frame
            pipeline.submit(slot)
            taken = pipeline.take()
            assert taken is not None
            assert np.abs(result.astype(int) - reference).max() <= 1
            np.testing.assert_array_equal(result, taken.frame)
            pipeline.release(taken)


def test_the_example_is_built_for_the_device_and_enhances_a_video(
    on_arm: tuple[AdaptiveRequest, Written], tmp_path: Path
) -> None:
    path = on_arm[0].path
    line = [CROSS, "-static", "-o", str(tmp_path / "example"), str(path.with_name(f"{path.stem}-example.c")), str(path)]
    subprocess.run([*line, "-pthread", "-lm"], check=True, timeout=120)
    results = _enhanced(["qemu-aarch64-static", str(tmp_path / "example")])
    for result, reference in zip(results, references(), strict=True):
        assert np.abs(result.astype(int) - reference).max() <= 1


def _enhanced(line: list[str]) -> list[NDArray[np.uint8]]:
    data = b"".join(frame.tobytes() for frame in clip())
    done = subprocess.run([*line, *map(str, SIZE)], input=data, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return list(np.frombuffer(done.stdout, np.uint8).reshape(-1, SIZE[1], SIZE[0], 3))


def test_the_example_refuses_what_is_no_video(on_x86: tuple[AdaptiveRequest, Written], tmp_path: Path) -> None:
    path = on_x86[0].path
    program = tmp_path / "example"
    line = ["gcc", "-o", program, path.with_name(f"{path.stem}-example.c"), path.with_suffix(".a"), "-pthread", "-lm"]
    subprocess.run(line, check=True, timeout=120)
    for words, data in (((), b""), (("0", "5"), b""), (("5", "-1"), b""), (("4", "2"), bytes(4 * 2 * 3 + 1))):
        done = subprocess.run([program, *words], input=data, capture_output=True, check=False, timeout=60)
        assert done.returncode == 1
        assert done.stderr.startswith(b"example: ")
    assert subprocess.run([program, "4", "2"], input=b"", check=False, timeout=60).returncode == 0


def test_the_runner_says_what_it_made_and_refuses_a_fixed_models_request(
    on_arm: tuple[AdaptiveRequest, Written], tmp_path: Path
) -> None:
    frame = clip()[1]
    runner = runner_of(on_arm[0].path)
    done = execute(runner, runner_request(MODEL.for_frame(frame), frame), tmp_path, 0, 1)
    assert done.returncode == 2
    assert "makes a model for each" in done.stderr
    assert not (tmp_path / "output").exists()


@pytest.mark.parametrize(("compiler", "standard"), [("gcc", "c99"), ("gcc", "c11"), ("g++", "c++11"), ("g++", "c++20")])
def test_its_header_compiles_without_a_warning_in_c_and_in_cpp(tmp_path: Path, compiler: str, standard: str) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler} here: apt-get install {compiler}")
    model = random_adaptive(name="9-odd.name")
    (tmp_path / "model.h").write_text(head_header(model, "adaptive/arllie_adaptive.h"))
    (tmp_path / "user.c").write_text(
        f'#include "model.h"\nint hidden(void);\nint hidden(void) {{ return {head_name(model)}.hidden; }}\n'
    )
    language = "c" if compiler == "gcc" else "c++"
    line = [compiler, f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
    line += ["-x", language, "-I", str(SOURCES), "user.c"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_heads_numbers_are_in_the_library_to_the_bit(on_x86: tuple[AdaptiveRequest, Written]) -> None:
    data = on_x86[0].path.read_bytes()
    for name in ("mean", "deviation", "hidden_weight", "hidden_bias", "output_weight", "output_bias"):
        assert getattr(MODEL.head, name).astype("<f4").tobytes() in data, name
    described = json.loads(data[data.index(b'{"adaptive"') :].split(b"\0")[0])
    assert described["model_sha256"] == MODEL.sha256
    assert described["adaptive"]["files"] == {"library": on_x86[0].path.name}


def test_the_same_request_gives_the_same_bytes_in_another_folder(
    made: tuple[AdaptiveRequest, Written], tmp_path: Path
) -> None:
    asked, said = made
    assert write_adaptive(request(asked.target, tmp_path)) == said
    for path in sorted(asked.path.parent.iterdir()):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name
        assert b"/arllie_deploy/" not in path.read_bytes()


@pytest.mark.parametrize("form", ["plain", "basis"])
def test_a_model_without_a_curve_is_refused(form: str, tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="only adaptive models with a curve"):
        head_header(random_adaptive(form))
