"""The commands with networks of gray pictures, of larger pictures, and of pictures with a mask."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.commands import Finished, assert_refused, run_here
from support.light_networks import packaged_light
from support.networks import packaged_ladder
from support.picture_files import exif_block, random_pixels

from arllie_deploy.media import tiled
from arllie_deploy.pictures import Metadata, Picture, read_picture, write_picture
from arllie_deploy.pictures.exif import parse_exif
from arllie_deploy.runtimes.network import OpenedNetwork

HOLE = (slice(20, 33), slice(40, 61))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def command(task: str, *arguments: object) -> Finished:
        given = [*arguments, "--model", packaged_light(task).weights]
        return run_here("enhance", given, monkeypatch, capsys)

    return command


def mask(path: Path, height: int = 50, width: int = 90) -> Path:
    where = np.zeros((height, width), np.uint8)
    where[HOLE] = 255
    Image.fromarray(where).save(path)
    return path


def picture(path: Path, dtype: type = np.uint8, height: int = 50, width: int = 90) -> np.ndarray:
    path.parent.mkdir(exist_ok=True)
    pixels = random_pixels(height, width, dtype)
    write_picture(path, Picture(pixels, metadata=Metadata(exif=exif_block().removeprefix(b"Exif\0\0"))))
    return pixels


def small_tiles(task: str, pixels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = packaged_light(task).figures
    assert figures is not None
    monkeypatch.setattr(tiled, "TILE_BYTES", figures.pixel_bytes * pixels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("task", "scale"), [("denoising", 1), ("super-resolution", 4)])
def test_tiles_give_what_the_whole_picture_gives(
    task: str, scale: int, dtype: type, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = picture(tmp_path / "in.png", dtype)
    whole = OpenedNetwork(packaged_light(task), 1).run(pixels).astype(int)
    small_tiles(task, 45 * 60, monkeypatch)
    done = run(task, tmp_path / "in.png", tmp_path / "out.png")
    assert done.status == 0, done.err
    assert done.out.endswith(f"{90 * scale}×{50 * scale}, {8 * pixels.itemsize} bits per channel\n")
    result = read_picture(tmp_path / "out.png")
    assert result.pixels.shape == (50 * scale, 90 * scale, 3)
    assert np.abs(result.pixels - whole).max() <= (1 if dtype == np.uint8 else 16)
    exif = parse_exif(result.metadata.exif or b"")
    assert exif is not None
    assert int.from_bytes(exif.exif[0xA002].raw[:2], "little") == 90 * scale if scale > 1 else 90


def test_transparency_grows_with_the_picture(run, tmp_path: Path) -> None:
    alpha = np.zeros((20, 24), np.uint8)
    alpha[:, 12:] = 255
    write_picture(tmp_path / "in.png", Picture(random_pixels(20, 24), alpha))
    assert run("super-resolution", tmp_path / "in.png", tmp_path / "out.png").status == 0
    grown = read_picture(tmp_path / "out.png").alpha
    assert grown is not None
    assert grown.shape == (80, 96)
    assert grown[0, [0, 45, 46, 47, 48, 49, 50, 95]].tolist() == [0, 0, 32, 96, 159, 223, 255, 255]


def test_a_folder_of_pictures_grows(run, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        picture(tmp_path / "in" / name, height=20, width=24)
    assert run("super-resolution", tmp_path / "in", tmp_path / "out", "--clip").status == 0
    assert {read_picture(path).size for path in (tmp_path / "out").iterdir()} == {(96, 80)}


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("strength", ["1", "0.5"])
def test_what_the_mask_leaves_black_stays_byte_for_byte(dtype: type, strength: str, run, tmp_path: Path) -> None:
    pixels, white = picture(tmp_path / "in.png", dtype), mask(tmp_path / "mask.png")
    arguments = ("--mask", white, "--strength", strength)
    done = run("inpainting", tmp_path / "in.png", tmp_path / "out.png", *arguments)
    assert done.status == 0, done.err
    changed = read_picture(tmp_path / "out.png").pixels != pixels
    inside = changed[HOLE].copy()
    changed[HOLE] = False
    assert not changed.any()
    assert inside.mean() > 0.9


def test_tiles_without_a_hole_need_no_network_and_the_others_give_the_whole(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network looks 160 pixels far: only a picture that is wider is cut."""
    pixels = picture(tmp_path / "in.png", height=48, width=800)
    frame = np.dstack((pixels, np.asarray(Image.open(mask(tmp_path / "mask.png", 48, 800)))))
    whole = OpenedNetwork(packaged_light("inpainting"), 1).run(frame).astype(int)
    small_tiles("inpainting", 48 * 460, monkeypatch)
    widths = []
    monkeypatch.setattr(OpenedNetwork, "run", _noting(widths, OpenedNetwork.run))
    done = run("inpainting", tmp_path / "in.png", tmp_path / "out.png", "--mask", tmp_path / "mask.png")
    assert done.status == 0, done.err
    assert len(widths) == 1
    assert widths[0] < 800
    assert np.abs(read_picture(tmp_path / "out.png").pixels - whole).max() <= 1


def _noting(widths: list[int], run):
    def noted(model: OpenedNetwork, frame: np.ndarray) -> np.ndarray:
        widths.append(frame.shape[1])
        return run(model, frame)

    return noted


@pytest.mark.parametrize(
    ("task", "options", "says"),
    [
        ("inpainting", (), "fills what a mask says; give it as --mask"),
        ("denoising", ("--mask", "mask.png"), "light-denoising fills nothing; leave it out"),
        ("inpainting", ("--mask", "small.png"), "the mask is 70×50 and the picture 90×50"),
        ("inpainting", ("--mask", "black.png"), "the mask is empty"),
        ("inpainting", ("--mask", "none.png"), "the mask cannot be read"),
        ("super-resolution", ("--strength", "0.5"), "4 times the sides and cannot be mixed with the input"),
    ],
)
def test_wrong_use_is_one_line_and_writes_nothing(
    task: str, options: tuple[str, ...], says: str, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    picture(Path("in.png"))
    mask(Path("mask.png"))
    mask(Path("small.png"), 50, 70)
    Image.fromarray(np.zeros((50, 90), np.uint8)).save("black.png")
    assert_refused(run(task, "in.png", "out.png", *options), says)
    assert not Path("out.png").exists()


def test_a_folder_and_a_one_layer_model_take_no_mask(run, tmp_path: Path, monkeypatch, capsys) -> None:
    picture(tmp_path / "in" / "a.png")
    white = mask(tmp_path / "mask.png")
    refused = run("inpainting", tmp_path / "in", tmp_path / "out", "--mask", white)
    assert_refused(refused, "fills one picture at a time")
    one = [tmp_path / "in" / "a.png", tmp_path / "out.png", "--mask", white]
    assert_refused(run_here("enhance", one, monkeypatch, capsys), "arllie-adaptive fills nothing")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("task", "says"),
    [("super-resolution", "gives 4 times the sides"), ("inpainting", "takes a mask with each picture")],
)
def test_what_cannot_be_compared_with_its_input_is_neither_scored_nor_timed(
    task: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for side in ("low", "high"):
        picture(tmp_path / side / "a.png")
    model = ("--model", packaged_light(task).weights)
    scored = run_here("eval", ["--data", tmp_path, *model], monkeypatch, capsys)
    assert_refused(scored, f"arllie-eval: light-{task} {says}")
    timed = run_here("bench", ["--size", "64x48", "--out", tmp_path / "out", *model], monkeypatch, capsys)
    assert_refused(timed, f"arllie-bench: light-{task} {says}")
    assert not (tmp_path / "out").exists()


def test_a_denoiser_is_scored_like_any_model(tmp_path: Path, monkeypatch, capsys) -> None:
    for side in ("low", "high"):
        picture(tmp_path / side / "a.png")
    options = ["--data", tmp_path, "--metrics", "psnr,interior-error", "--json"]
    done = run_here("eval", [*options, "--model", packaged_light("denoising").weights], monkeypatch, capsys)
    assert done.status == 0, done.err
    means = json.loads(done.out)["means"]
    assert 3 < means["psnr"] < 60
    assert means["interior-error"] < 0.1


def test_gray_files_are_refused_as_everywhere(run, tmp_path: Path) -> None:
    Image.fromarray(np.zeros((20, 24), np.uint8)).save(tmp_path / "gray.png")
    assert_refused(run("denoising", tmp_path / "gray.png", tmp_path / "out.png"), "convert it to RGB")
    assert packaged_ladder().scale == 1
