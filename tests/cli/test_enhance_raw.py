"""Raw frames through `arllie-enhance`."""

import json
from pathlib import Path

import numpy as np
import pytest
from support.commands import Finished, assert_refused, run_here
from support.enhancers import random_enhancer
from support.networks import packaged_lw_isp
from support.picture_files import random_pixels, save
from support.raw_frames import random_mosaic, raw_frame

from arllie_deploy import enhancer_file
from arllie_deploy.pictures import read_picture
from arllie_deploy.raw.dng import write_dng

DUMP = ["--bayer", "rggb", "--bits", 10, "--size", "80x64"]


@pytest.fixture
def enhance(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def run(*arguments: object, model: object = None) -> Finished:
        chosen = packaged_lw_isp("raw").weights if model is None else model
        return run_here("enhance", [*arguments, "--model", chosen], monkeypatch, capsys)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a dump and files that are none, or not as they should be."""
    mosaic = random_mosaic(64, 80)
    for name, values in {
        "frame.raw": mosaic,
        "high.raw": mosaic * 16,
        "black.raw": mosaic * 0,
        "white.raw": mosaic * 0 + 1023,
        "small.raw": mosaic[:40],
    }.items():
        (tmp_path / name).write_bytes(values.astype("<u2").tobytes())
    (tmp_path / "cut.raw").write_bytes((tmp_path / "frame.raw").read_bytes()[:-100])
    write_dng(tmp_path / "photo.dng", raw_frame(mosaic))
    (tmp_path / "cut.dng").write_bytes((tmp_path / "photo.dng").read_bytes()[:2000])
    save(tmp_path / "picture.png", random_pixels(64, 80))
    (tmp_path / "pictures").mkdir()
    save(tmp_path / "pictures" / "a.png", random_pixels(64, 80))
    enhancer_file.save(random_enhancer(), tmp_path / "one.safetensors")
    return tmp_path


@pytest.mark.parametrize("depth", [8, 16])
def test_a_dump_becomes_a_picture(depth: int, folder: Path, enhance) -> None:
    out = folder / "out.png"
    done = enhance(folder / "frame.raw", out, *DUMP, "--depth", depth)
    assert done == Finished(0, f"{out}: 80×64, {depth} bits per channel\n", "")
    pixels = read_picture(out).pixels
    assert pixels.shape == (64, 80, 3)
    assert pixels.dtype.itemsize == depth // 8
    assert pixels.std() > 5.0


def test_what_is_said_of_a_dump_is_used(folder: Path, enhance) -> None:
    plain = ["--white-balance", "1,1,1"]
    made = []
    for index, more in enumerate(
        [
            plain,
            ["--white-balance", "2,1,1"],
            [*plain, "--black", 200],
            [*plain, "--white", 1000],
            [*plain, "--orientation", 3],
            [*plain, "--exposure", 2],
            [*plain, "--tone", "smoothstep"],
            [*plain, "--bayer", "bggr"],
        ]
    ):
        out = folder / f"{index}.png"
        assert enhance(folder / "frame.raw", out, *DUMP, *more).status == 0
        made.append(read_picture(out).pixels)
    for index, other in enumerate(made[1:], 1):
        assert not np.array_equal(other, made[0]), index
    assert np.array_equal(made[4], made[0][::-1, ::-1])


def test_a_camera_file_becomes_a_picture_and_json_says_so(folder: Path, enhance) -> None:
    pytest.importorskip("rawpy", reason="rawpy is not installed: camera files cannot be read")
    source, out = folder / "photo.dng", folder / "out.tiff"
    done = enhance(source, out, "--json")
    assert json.loads(done.out) == {"input": str(source), "output": str(out), "width": 80, "height": 64, "bits": 8}
    assert (done.status, done.err) == (0, "")
    assert read_picture(out).size == (80, 64)


def test_a_frame_that_lost_much_is_developed_with_a_word(folder: Path, enhance) -> None:
    mosaic = random_mosaic(64, 80)
    mosaic[:, :20] = 1023
    (folder / "bright.raw").write_bytes(mosaic.astype("<u2").tobytes())
    done = enhance(folder / "bright.raw", folder / "out.png", *DUMP)
    assert done.status == 0
    assert done.err.startswith("arllie-enhance: ")
    assert "of the pixels are saturated: they become white" in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["cut.raw", "out.png", *DUMP], "it is cut off, or --size or --packing is another"),
        (["frame.raw", "out.png", *DUMP, "--size", "80x62"], "--size is another"),
        (["frame.raw", "out.png", *DUMP, "--size", "81x64"], "both sides must be even"),
        (["frame.raw", "out.png", *DUMP, "--size", "80"], "write WIDTHxHEIGHT"),
        (["frame.raw", "out.png", *DUMP, "--bits", 9], "9 bits a value; a Bayer dump has 10, 12, 14, 16"),
        (["high.raw", "out.png", *DUMP], "is more than 10 bits hold"),
        (["frame.raw", "out.png", *DUMP, "--bayer", "rgbg"], "unknown Bayer order 'rgbg'"),
        (["frame.raw", "out.png", *DUMP, "--packing", "mipy"], "did you mean 'mipi'?"),
        (["frame.raw", "out.png", *DUMP, "--white", 0], "white lies above black"),
        (["frame.raw", "out.png", *DUMP, "--white-balance", "2,1"], "write the gains of red, green and blue"),
        (["frame.raw", "out.png", *DUMP, "--white-balance", "2,0,1"], "give three gains above 0"),
        (["frame.raw", "out.png", *DUMP, "--orientation", 9], "EXIF numbers them from 1 to 8"),
        (["frame.raw", "out.png", *DUMP, "--exposure", 0], "give a number above 0"),
        (["frame.raw", "out.png", *DUMP, "--tone", "liner"], "did you mean 'linear'?"),
        (["frame.raw", "out.png", *DUMP, "--depth", 12], "--depth 12: a picture has 8 or 16 bits"),
        (["frame.raw", "out.jpg", *DUMP, "--depth", 16], "JPEG holds 8 bits per sample"),
        (["frame.raw", "out.png", *DUMP, "--strength", 0.5], "--strength is for pictures"),
        (["frame.raw", "out.png", *DUMP, "--clip"], "--clip is for pictures"),
        (["frame.raw", "out.png", *DUMP, "--runtime", "numpy"], "use --runtime onnxruntime"),
        (["frame.raw", "out.png", "--bits", 10], "give --bayer and --size too"),
        (["frame.raw", "out.png"], "takes raw frames, one file at a time"),
        (["frame.raw", "picture.png", *DUMP], "pass --force"),
        (["none.raw", "out.png", *DUMP], "no such file"),
        (["black.raw", "out.png", *DUMP], "a black frame"),
        (["white.raw", "out.png", *DUMP], "a saturated frame"),
        (["small.raw", "out.png", *DUMP, "--size", "80x40"], "this network takes sides of at least 64 pixels"),
        (["photo.dng", "out.png", "--bits", 10], "a camera file says itself what it holds; leave out --bits"),
        (["cut.dng", "out.png"], "cut.dng: "),
        (["none.dng", "out.png"], "no such file"),
        (["picture.png", "out.png"], "takes raw frames, one file at a time: a camera file such as DNG"),
        (["pictures", "out"], "takes raw frames, one file at a time"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_leaves_nothing(
    more: list[object], says: str, folder: Path, monkeypatch: pytest.MonkeyPatch, enhance
) -> None:
    monkeypatch.chdir(folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert_refused(enhance(*more), says)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.parametrize("source", ["photo.dng", "frame.raw"])
def test_a_model_of_pictures_takes_no_raw_frame(source: str, folder: Path, enhance) -> None:
    more = DUMP if source == "frame.raw" else []
    for model in (folder / "one.safetensors", packaged_lw_isp("enhancement").weights):
        done = enhance(folder / source, folder / "out.png", *more, model=model)
        assert_refused(done, "takes pictures; give a network of raw frames as --model")
    assert not (folder / "out.png").exists()


def test_options_of_raw_frames_are_refused_with_pictures(folder: Path, enhance) -> None:
    done = enhance(folder / "picture.png", folder / "out.png", "--depth", 16, model=folder / "one.safetensors")
    assert_refused(done, "picture.png: --depth is for raw frames; leave it out")


def test_a_network_of_pictures_that_is_held_enhances_a_picture_and_a_folder(folder: Path, enhance) -> None:
    model = packaged_lw_isp("enhancement").weights
    assert enhance(folder / "picture.png", folder / "out.png", model=model).status == 0
    assert enhance(folder / "pictures", folder / "out", model=model).status == 0
    one, other = read_picture(folder / "out.png"), read_picture(folder / "picture.png")
    assert one.size == other.size
    assert not np.array_equal(one.pixels, other.pixels)


def test_the_real_frame_is_developed(shared_data: Path, tmp_path: Path, enhance) -> None:
    source = shared_data / "raw" / "frame_1920x1080_10bit_rggb.raw"
    done = enhance(source, tmp_path / "out.png", "--bayer", "rggb", "--bits", 10, "--size", "1920x1080", "--depth", 16)
    assert done.status == 0
    pixels = read_picture(tmp_path / "out.png").pixels
    assert pixels.shape == (1080, 1920, 3)
    assert pixels.dtype == np.uint16
    # The network is untrained: that it is a picture of the scene shows in the parts, not in the colors.
    assert pixels.std() > 300.0
