import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_enhancer
from support.ncnn_artifacts import run_apart, run_ncnn, side_file, write_ncnn

from arllie_deploy import ArllieError
from arllie_deploy.runtimes.ncnn import ROW, vulkan_problem

pytest.importorskip("ncnn", reason="ncnn is not installed")
needs_vulkan = pytest.mark.skipif(vulkan_problem() is not None, reason=str(vulkan_problem()))
Damage = Callable[[Path], object]


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    return write_ncnn(random_enhancer("direct"), tmp_path)[0]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_frame_comes_out_as_the_reference_makes_it(dtype: type, artifact: Path) -> None:
    frame = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (67, 51, 3), dtype, endpoint=True)
    opened = ROW.open(artifact, 1)
    output, expected = opened.run(frame), random_enhancer("direct").enhance(frame)
    assert (output.shape, output.dtype) == (frame.shape, frame.dtype)
    assert (opened.threads, opened.size) == (1, None)
    assert np.abs(output.astype(np.int64) - expected).max() <= 1


def test_strides_are_honored(artifact: Path) -> None:
    """ncnn takes the memory of an array as it lies (ncnn#3082)."""
    opened = ROW.open(artifact, 1)
    tensor = np.random.default_rng(0).random((1, 3, 20, 30)).astype(np.float32)
    wide = np.repeat(tensor, 2, axis=3)[:, :, :, ::2]
    assert not wide.flags.c_contiguous
    np.testing.assert_array_equal(opened.infer(wide), opened.infer(tensor))


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_an_opened_model_serves_many_frames_and_leaves_them_alone(precision: str, tmp_path: Path) -> None:
    opened = ROW.open(write_ncnn(random_enhancer("plain"), tmp_path, precision)[0], 1)
    first, second = (np.random.default_rng(seed).random((1, 3, 20 + seed, 31)).astype(np.float32) for seed in (0, 1))
    kept, once = first.copy(), opened.infer(first)
    opened.infer(second)
    np.testing.assert_array_equal(opened.infer(first), once)
    np.testing.assert_array_equal(first, kept)


def test_a_model_is_not_opened_without_an_artifact() -> None:
    with pytest.raises(ArllieError, match=r"opens \.param files; make one with arllie-export --target ncnn-cpu"):
        ROW.open(random_enhancer(), 1)


def changed(key: str, value: object) -> Damage:
    def change(path: Path) -> None:
        path.with_suffix(".json").write_text(json.dumps({**side_file(path), key: value}))

    return change


def cut(suffix: str, length: int) -> Damage:
    return lambda path: path.with_suffix(suffix).write_bytes(path.with_suffix(suffix).read_bytes()[:length])


def without(suffix: str) -> Damage:
    return lambda path: path.with_suffix(suffix).unlink()


def with_weights_of_another_model(path: Path) -> None:
    (path.parent / "other").mkdir()
    other, _ = write_ncnn(random_enhancer("direct", seed=1), path.parent / "other")
    other.with_suffix(".bin").replace(path.with_suffix(".bin"))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (without(".json"), "direct-fp32.param: holds no arllie metadata; export it with arllie-export"),
        (without(".bin"), "direct-fp32.bin: missing; keep the .param, .bin and .json of an artifact together"),
        (without(".param"), "direct-fp32.param: missing"),
        (cut(".json", 40), "its arllie metadata is not JSON"),
        (changed("version", 2), "not of version 1"),
        (changed("layout", "NHWC"), "layout is 'NHWC'"),
        (changed("accelerator", "npu"), "direct-fp32.json: accelerator is 'npu', this runtime has 'cpu' and 'vulkan'"),
        (changed("sha256", None), "direct-fp32.param: not the file that direct-fp32.json was written with"),
        (cut(".param", 0), "direct-fp32.param: not the file that"),
        (cut(".param", 200), "direct-fp32.param: not the file that"),
        (cut(".bin", 0), "direct-fp32.bin: not the file that"),
        (cut(".bin", 4), "direct-fp32.bin: not the file that"),
        (cut(".bin", 336), "direct-fp32.bin: not the file that direct-fp32.json was written with; export it again"),
        (with_weights_of_another_model, "direct-fp32.bin: not the file that"),
    ],
)
def test_a_damaged_artifact_is_refused_in_one_line(
    damage: Damage, message: str, artifact: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    damage(artifact)
    with pytest.raises(ArllieError) as caught:
        ROW.open(artifact, 1)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_machine_without_vulkan_is_told_what_brings_it(tmp_path: Path) -> None:
    path, _ = write_ncnn(random_enhancer(), tmp_path, target="ncnn-vulkan")
    nowhere = {"VK_DRIVER_FILES": "/nonexistent.json", "VK_ICD_FILENAMES": "/nonexistent.json"}
    finished, _ = run_apart({path: np.zeros((8, 8, 3))}, nowhere)
    kind, refusal, problem = finished.stdout.splitlines()
    assert (finished.returncode, kind) == (0, "UnavailableError"), finished.stderr
    assert refusal == f"{path}: {problem}"
    assert "apt-get install libvulkan1 mesa-vulkan-drivers" in problem


@needs_vulkan
def test_a_process_that_still_holds_vulkan_models_ends_cleanly(tmp_path: Path) -> None:
    """And only the accelerator that the artifact names is used: the notices of a GPU appear for it alone."""
    path, _ = write_ncnn(random_enhancer(), tmp_path, target="ncnn-vulkan")
    y = np.random.default_rng(0).random((20, 31, 3))
    finished, [output] = run_apart({path: y})
    assert (finished.returncode, finished.stdout) == (0, "")
    assert finished.stderr != ""
    write_ncnn(random_enhancer(), tmp_path)
    on_cpu, [expected] = run_apart({path: y})
    assert (on_cpu.returncode, on_cpu.stdout, on_cpu.stderr) == (0, "", "")
    np.testing.assert_allclose(output, expected, atol=1e-5)
    np.testing.assert_array_equal(expected, run_ncnn(path, y))
