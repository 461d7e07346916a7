import json
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tifffile
from support.bad_pictures import BAD_PICTURES
from support.commands import Finished, assert_refused, bound_by_permissions, run_apart, run_here
from support.enhancers import random_enhancer
from support.picture_files import exif_block, random_pixels, save

from arllie_deploy import enhancer_file
from arllie_deploy.pictures import Picture, read_picture, write_picture

ENHANCER = random_enhancer()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    enhancer_file.save(ENHANCER, path)
    return path


@pytest.fixture
def enhance(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], model: Path):
    def run(*arguments: object) -> Finished:
        return run_here("enhance", [*arguments, "--model", model], monkeypatch, capsys)

    return run


def _outputs(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("case", BAD_PICTURES)
def test_bad_input_is_one_line_exit_2_and_leaves_nothing(case: str, tmp_path: Path, enhance) -> None:
    suffix, make, says = BAD_PICTURES[case]
    make(tmp_path / f"bad{suffix}")
    folder = _outputs(tmp_path)
    assert_refused(enhance(tmp_path / f"bad{suffix}", folder / f"result{suffix}"), says)
    assert list(folder.iterdir()) == []


def test_a_bad_picture_in_a_process_of_its_own(tmp_path: Path, model: Path) -> None:
    folder = _outputs(tmp_path)
    for case in ("cut-jpeg", "huge-webp", "float-tiff", "flipped-bit"):
        suffix, make, says = BAD_PICTURES[case]
        make(tmp_path / f"{case}{suffix}")
        assert_refused(
            run_apart("enhance", [tmp_path / f"{case}{suffix}", folder / f"x{suffix}", "--model", model]), says
        )
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("runtime", ["numpy", "auto"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_picture_is_written_as_the_model_gives_it(runtime: str, dtype: type, tmp_path: Path, enhance) -> None:
    pixels = random_pixels(30, 40, dtype)
    write_picture(tmp_path / "in.png", Picture(pixels))
    done = enhance(tmp_path / "in.png", tmp_path / "out.png", "--runtime", runtime)
    bits = 8 * pixels.itemsize
    assert done == Finished(0, f"{tmp_path / 'out.png'}: 40×30, {bits} bits per channel\n", "")
    result = read_picture(tmp_path / "out.png").pixels
    # Float engines may fall on the other side of a half; 16 bits are finer than their arithmetic.
    tolerance = 0 if runtime == "numpy" else 1 if dtype == np.uint8 else 16
    assert np.abs(result.astype(int) - ENHANCER.enhance(pixels)).max() <= tolerance


def test_json_is_the_only_thing_on_stdout(tmp_path: Path, enhance) -> None:
    save(tmp_path / "in.png", random_pixels(30, 40))
    done = enhance(tmp_path / "in.png", tmp_path / "out.tiff", "--json")
    out = str(tmp_path / "out.tiff")
    expected = {"input": str(tmp_path / "in.png"), "output": out, "width": 40, "height": 30, "bits": 8}
    assert json.loads(done.out) == expected
    assert (done.status, done.err) == (0, "")


def test_odd_metadata_are_not_talked_about(tmp_path: Path, model: Path) -> None:
    pixels = random_pixels(30, 40)
    save(tmp_path / "in.jpg", pixels, exif=exif_block()[:18])
    tifffile.imwrite(tmp_path / "in.tiff", pixels, photometric="rgb", extratags=[(700, 1, 9, b"x" * 9, True)])
    data = bytearray((tmp_path / "in.tiff").read_bytes())
    struct.pack_into("<I", data, data.index(struct.pack("<HHI", 700, 1, 9)) + 8, 10**8)
    (tmp_path / "in.tiff").write_bytes(data)
    done = run_apart("enhance", [tmp_path, tmp_path / "out", "--model", model])
    assert done == Finished(0, f"{tmp_path / 'out'}: 2 of 2 pictures written\n", "")


def test_strength_0_gives_the_input(tmp_path: Path, enhance) -> None:
    pixels = random_pixels(30, 40)
    save(tmp_path / "in.png", pixels)
    assert enhance(tmp_path / "in.png", tmp_path / "out.png", "--strength", "0").status == 0
    assert np.array_equal(read_picture(tmp_path / "out.png").pixels, pixels)


def _mixed_folder(path: Path) -> Path:
    path.mkdir()
    save(path / "good.png", random_pixels(5, 8))
    write_picture(path / "deep.tiff", Picture(random_pixels(6, 4, np.uint16)))
    for case in ("cut-jpeg", "gray-png"):
        suffix, make, _ = BAD_PICTURES[case]
        make(path / f"{case}{suffix}")
    return path


def test_a_folder_writes_the_good_pictures_and_names_each_bad_one(tmp_path: Path, enhance) -> None:
    source, target = _mixed_folder(tmp_path / "in"), tmp_path / "out"
    done = enhance(source, target)
    assert done.status == 2
    assert done.out == f"{target}: 2 of 4 pictures written, 2 failed\n"
    lines = done.err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("arllie-enhance: error: ") for line in lines)
    assert "cut-jpeg.jpg" in lines[0]
    assert "gray-png.png" in lines[1]
    assert sorted(path.name for path in target.iterdir()) == ["deep.tiff", "good.png"]


def test_a_folder_as_json(tmp_path: Path, enhance) -> None:
    source, target = _mixed_folder(tmp_path / "in"), tmp_path / "out"
    done = enhance(source, target, "--json")
    assert done.status == 2
    said = json.loads(done.out)
    assert (said["written"], said["failed"], said["output"]) == (2, 2, str(target))
    pictures = {Path(row["input"]).name: row for row in said["pictures"]}
    assert pictures["good.png"] == {
        "input": str(source / "good.png"),
        "output": str(target / "good.png"),
        "width": 8,
        "height": 5,
        "bits": 8,
        "error": None,
    }
    assert pictures["gray-png.png"]["output"] is None
    assert "convert it to RGB" in pictures["gray-png.png"]["error"]


def test_a_good_folder_exits_0(tmp_path: Path, enhance) -> None:
    source = tmp_path / "in"
    source.mkdir()
    save(source / "a.png", random_pixels(5, 8))
    assert enhance(source, tmp_path / "out") == Finished(0, f"{tmp_path / 'out'}: 1 of 1 pictures written\n", "")
    assert_refused(enhance(source, tmp_path / "out"), "pass --force")
    assert enhance(source, tmp_path / "out", "--force").status == 0


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["in.png", "out.jgp"], "did you mean .jpg?"),
        (["in.png", "in.png", "--force"], "the output is the input itself"),
        (["in.png", "there.png"], "pass --force"),
        (["in.png", "none/out.png"], "mkdir -p"),
        (["in.png", "folder"], "name the file to write"),
        (["in.png", "out.png", "--runtime", "nunpy"], "did you mean 'numpy'"),
        (["in.png", "out.png", "--strength", "1.5"], "--strength"),
        (["in.png", "out.png", "--strength", "nan"], "--strength"),
        (["in.png", "out.png", "--threads", "0"], "--threads"),
        (["in.png"], "Missing argument 'OUTPUT'"),
        (["alpha.png", "out.jpg"], "write a .png"),
        (["deep.png", "out.webp"], "write a .png or .tiff"),
        (["folder", "out"], "no pictures in it"),
    ],
    ids=" ".join,
)
def test_wrong_use_is_one_line_and_leaves_nothing(
    more: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, enhance
) -> None:
    monkeypatch.chdir(tmp_path)
    pixels = random_pixels(30, 40)
    save(Path("in.png"), pixels)
    save(Path("alpha.png"), np.dstack((pixels, pixels[:, :, :1])))
    write_picture(Path("deep.png"), Picture(random_pixels(30, 40, np.uint16)))
    save(Path("there.png"), pixels)
    Path("folder").mkdir()
    before = {path: path.stat().st_mtime_ns for path in Path().rglob("*")}
    assert_refused(enhance(*more), says)
    assert {path: path.stat().st_mtime_ns for path in Path().rglob("*")} == before


def test_a_model_that_is_not_there_is_named(tmp_path: Path, monkeypatch, capsys) -> None:
    save(tmp_path / "in.png", random_pixels(30, 40))
    arguments = [tmp_path / "in.png", tmp_path / "out.png", "--model"]
    assert_refused(run_here("enhance", [*arguments, "arlie"], monkeypatch, capsys), "did you mean 'arllie'")
    assert_refused(
        run_here("enhance", [*arguments, tmp_path / "no.safetensors"], monkeypatch, capsys), "no such model file"
    )


def test_a_file_that_may_not_grow_leaves_nothing(tmp_path: Path, model: Path) -> None:
    save(tmp_path / "in.png", random_pixels(100, 100))
    folder = _outputs(tmp_path)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))"
    arguments = [tmp_path / "in.png", folder / "out.png", "--model", model]
    assert_refused(run_apart("enhance", arguments, before=limit), f"{folder / 'out.png'}: the file would be larger")
    assert list(folder.iterdir()) == []


def test_a_full_disk_leaves_nothing(tmp_path: Path, model: Path) -> None:
    save(tmp_path / "in.png", random_pixels(200, 200))
    folder = _outputs(tmp_path)
    # In a mount namespace of its own; what lies on the small disk is listed on stdout before that goes.
    shell = 'mount -t tmpfs -o size=64k tmpfs "$0" && { "$@"; status=$?; ls -A "$0"; exit $status; }'
    within = ["unshare", "-rm", "sh", "-c", shell, str(folder)]
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    if subprocess.run([*within, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("mount namespaces are not permitted here")
    arguments = [tmp_path / "in.png", folder / "out.png", "--model", model]
    assert_refused(run_apart("enhance", arguments, within=within), f"{folder / 'out.png'}: the disk is full")


def test_a_folder_that_may_not_be_written_to_stays_empty(tmp_path: Path, model: Path) -> None:
    save(tmp_path / "in.png", random_pixels(5, 8))
    folder = _outputs(tmp_path)
    folder.chmod(0o555)
    arguments = [tmp_path / "in.png", folder / "out.png", "--model", model]
    within = bound_by_permissions(folder)
    assert_refused(run_apart("enhance", arguments, within=within), f"{folder / 'out.png'}: permission denied")
    folder.chmod(0o755)
    assert list(folder.iterdir()) == []


def test_help_has_examples_and_loads_nothing_heavy() -> None:
    heavy = (
        "import atexit, sys; atexit.register(lambda: print(sorted({'PIL', 'tifffile', 'imagecodecs', 'onnxruntime', "
    )
    done = run_apart("enhance", ["--help"], before=heavy + "'rich.progress', 'torch'} & set(sys.modules))))")
    assert done.status == 0
    assert "arllie-enhance night.jpg bright.jpg" in done.out
    assert done.out.splitlines()[-1] == "[]"
