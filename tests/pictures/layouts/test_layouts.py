from pathlib import Path
from shutil import rmtree

import pytest
from support.miniatures import make_pair, make_sequence, make_sides
from support.pictures import save_png, scene

from arllie_deploy.errors import ArllieError
from arllie_deploy.pictures.layouts import LAYOUTS, SPLITS, find_layout, layout_lows, layout_pairs, recognize
from arllie_deploy.pictures.pairs import Pair


def _shown(pairs: tuple[Pair, ...], root: Path) -> list[tuple[str, str, str]]:
    return [(p.name, p.low.relative_to(root).as_posix(), p.high.relative_to(root).as_posix()) for p in pairs]


def _names(folder: Path, layout: str) -> dict[str, list[str]]:
    return {split: [pair.name for pair in layout_pairs(folder, layout, split)] for split in SPLITS}


def _lol_v1(root: Path) -> Path:
    make_sides(root / "our485" / "low", root / "our485" / "high", ["2.png", "10.png"])
    make_sides(root / "eval15" / "low", root / "eval15" / "high", ["1.png"])
    return root


def _lol_v2(root: Path) -> Path:
    for split, numbers in (("Train", ("00002", "00010")), ("Test", ("00690",))):
        real, made = root / "Real_captured" / split, root / "Synthetic" / split
        lows, normals = [f"low{n}.png" for n in numbers], [f"normal{n}.png" for n in numbers]
        make_sides(real / "Low", real / "Normal", lows, normals)
        make_sides(made / "Low", made / "Normal", [f"r{n}t.png" for n in numbers])
    return root


def _lsrw(root: Path) -> Path:
    for split, names in (("Training data", ["1.jpg", "2.jpg"]), ("Eval", ["3.jpg"])):
        for device in ("Huawei", "Nikon"):
            make_sides(root / split / device / "low", root / split / device / "high", names)
    return root


def _fivek(root: Path) -> Path:
    names = [f"a{number:04d}-x" for number in range(1, 21)]
    make_sides(root / "input", root / "Expert C", [f"{n}.jpg" for n in names], [f"{n}.tif" for n in names])
    return root


def _sice(root: Path) -> Path:
    make_sequence(root / "Dataset_Part1" / "Dataset_Part1", 2, 7, "2.JPG")
    make_sequence(root / "Dataset_Part1" / "Dataset_Part1", 10, 9, "10.PNG")
    make_sequence(root / "Dataset_Part2", 1, 3, "1.JPG")
    return root


def _dark_face(root: Path) -> Path:
    for number in (10, 2):
        save_png(root / "image" / f"{number}.png", scene(number, 16, 16))
    (root / "label").mkdir()
    (root / "label" / "2.txt").write_text("0\n")
    return root


def _baid(root: Path) -> Path:
    make_sides(root / "train" / "input", root / "train" / "gt", ["1.jpg", "2.jpg"])
    make_sides(root / "test" / "input", root / "test" / "gt", ["3.jpg"])
    return root


MINIATURES = {
    "lol-v1": _lol_v1,
    "lol-v2-real": _lol_v2,
    "lol-v2-synthetic": _lol_v2,
    "lsrw": _lsrw,
    "fivek": _fivek,
    "sice": _sice,
    "dark-face": _dark_face,
    "baid": _baid,
}


def test_lol_v1_has_its_485_and_its_15(tmp_path: Path) -> None:
    _lol_v1(tmp_path)
    assert _shown(layout_pairs(tmp_path, "lol-v1", "train"), tmp_path) == [
        ("2", "our485/low/2.png", "our485/high/2.png"),
        ("10", "our485/low/10.png", "our485/high/10.png"),
    ]
    assert _names(tmp_path, "lol-v1")["test"] == ["1"]


def test_lol_v1_is_also_known_as_train_and_test(tmp_path: Path) -> None:
    make_sides(tmp_path / "Train" / "input", tmp_path / "Train" / "target", ["5.png"])
    make_sides(tmp_path / "Test" / "input", tmp_path / "Test" / "target", ["6.png"])
    assert _names(tmp_path, "lol-v1") == {"train": ["5"], "test": ["6"]}


def test_lol_v2_pairs_low00002_with_normal00002(tmp_path: Path) -> None:
    _lol_v2(tmp_path)
    assert _shown(layout_pairs(tmp_path, "lol-v2-real", "train"), tmp_path) == [
        ("00002", "Real_captured/Train/Low/low00002.png", "Real_captured/Train/Normal/normal00002.png"),
        ("00010", "Real_captured/Train/Low/low00010.png", "Real_captured/Train/Normal/normal00010.png"),
    ]
    assert _names(tmp_path, "lol-v2-synthetic") == {"train": ["r00002t", "r00010t"], "test": ["r00690t"]}


@pytest.mark.parametrize(("part", "layout"), [("Real_captured", "lol-v2-real"), ("Synthetic", "lol-v2-synthetic")])
def test_each_part_of_lol_v2_may_be_given_by_itself(part: str, layout: str, tmp_path: Path) -> None:
    _lol_v2(tmp_path)
    assert _names(tmp_path / part, layout) == _names(tmp_path, layout)


def test_both_devices_of_lsrw_keep_their_equal_file_names_apart(tmp_path: Path) -> None:
    _lsrw(tmp_path)
    train = ["Huawei-1", "Huawei-2", "Nikon-1", "Nikon-2"]
    assert _names(tmp_path, "lsrw") == {"train": train, "test": ["Huawei-3", "Nikon-3"]}
    rmtree(tmp_path / "Eval" / "Huawei")
    assert _names(tmp_path, "lsrw")["test"] == ["Nikon-3"]


def test_fivek_without_a_split_is_split_nine_to_one_by_name(tmp_path: Path) -> None:
    _fivek(tmp_path)
    names = _names(tmp_path, "fivek")
    assert names["test"] == ["a0019-x", "a0020-x"]
    assert names["train"] + names["test"] == [f"a{number:04d}-x" for number in range(1, 21)]


@pytest.mark.parametrize("expert", ["expertC", "expert_c", "expertC_gt", "C"])
def test_expert_c_is_spelled_in_many_ways(expert: str, tmp_path: Path) -> None:
    make_sides(tmp_path / "input", tmp_path / expert, [f"{number}.png" for number in range(10)])
    assert _names(tmp_path, "fivek")["test"] == ["9"]


def test_fivek_with_a_split_keeps_it(tmp_path: Path) -> None:
    for split, names in (("train", ["a1.png", "a2.png"]), ("test", ["a3.png"])):
        make_sides(tmp_path / split / "input", tmp_path / split / "target", names)
    assert _names(tmp_path, "fivek") == {"train": ["a1", "a2"], "test": ["a3"]}


def test_sice_pairs_every_under_exposed_frame_with_its_label(tmp_path: Path) -> None:
    pairs = layout_pairs(_sice(tmp_path), "sice", "train")
    part = tmp_path / "Dataset_Part1" / "Dataset_Part1"
    assert [pair.name for pair in pairs] == ["2-1", "2-2", "2-3", "10-1", "10-2", "10-3", "10-4"]
    assert {pair.high for pair in pairs if pair.scene == "2"} == {part / "Label" / "2.JPG"}
    assert {pair.high for pair in pairs if pair.scene == "10"} == {part / "Label" / "10.PNG"}
    assert [pair.name for pair in layout_pairs(tmp_path, "sice", "test")] == ["1-1"]


def test_a_part_of_sice_may_be_given_by_itself_and_have_its_labels_beside_it(tmp_path: Path) -> None:
    _sice(tmp_path)
    outer = tmp_path / "Dataset_Part1"
    (outer / "Dataset_Part1" / "Label").rename(outer / "Label")
    whole = [pair.low for pair in layout_pairs(tmp_path, "sice", "train")]
    assert [pair.low for pair in layout_pairs(outer / "Dataset_Part1", "sice", "train")] == whole
    assert len(whole) == 7


def test_a_sequence_without_a_label_is_named(tmp_path: Path) -> None:
    _sice(tmp_path)
    (tmp_path / "Dataset_Part1" / "Dataset_Part1" / "Label" / "10.PNG").unlink()
    with pytest.raises(ArllieError, match=r"Label: no label for sequence 10 \(1 without one\)"):
        layout_pairs(tmp_path, "sice", "train")


def test_dark_face_gives_its_pictures_and_no_pairs(tmp_path: Path) -> None:
    _dark_face(tmp_path)
    assert [low.name for low in layout_lows(tmp_path, "dark-face", "train")] == ["2", "10"]
    with pytest.raises(ArllieError, match="dark-face has dark pictures without references"):
        layout_pairs(tmp_path, "dark-face", "train")
    with pytest.raises(ArllieError, match="no test part of dark-face"):
        layout_lows(tmp_path, "dark-face", "test")


def test_baid_has_two_splits_or_is_one_part(tmp_path: Path) -> None:
    _baid(tmp_path)
    assert _names(tmp_path, "baid") == {"train": ["1", "2"], "test": ["3"]}
    assert _names(tmp_path / "test", "baid")["test"] == ["3"]
    make_sides(tmp_path / "rave" / "train" / "backlit", tmp_path / "rave" / "train" / "well-lit", ["7.png"])
    assert [pair.name for pair in layout_pairs(tmp_path / "rave", "baid", "train")] == ["7"]


def test_pairs_has_no_split(tmp_path: Path) -> None:
    make_sides(tmp_path / "low", tmp_path / "high", ["1.png", "2.png"])
    assert _names(tmp_path, "pairs") == {"train": ["1", "2"], "test": ["1", "2"]}


@pytest.mark.parametrize("layout", MINIATURES)
def test_every_layout_is_recognized(layout: str, tmp_path: Path) -> None:
    found = recognize(MINIATURES[layout](tmp_path))
    expected = ("lol-v2-real", "lol-v2-synthetic") if layout.startswith("lol-v2") else (layout,)
    assert found == expected


def test_every_layout_has_a_miniature() -> None:
    assert set(MINIATURES) | {"pairs"} == set(LAYOUTS)


@pytest.mark.parametrize("layout", ["lol-v1", "lol-v2-real", "lol-v2-synthetic", "lsrw", "fivek", "baid"])
def test_dark_pictures_need_no_references(layout: str, tmp_path: Path) -> None:
    MINIATURES[layout](tmp_path)
    pairs = layout_pairs(tmp_path, layout, "train")
    for folder in {pair.high.parent for pair in pairs}:
        rmtree(folder)
    lows = layout_lows(tmp_path, layout, "train")
    assert [(low.name, low.low) for low in lows] == [(pair.name, pair.low) for pair in pairs]


def test_the_under_exposed_frames_of_sice_alone_keep_their_scenes(tmp_path: Path) -> None:
    _sice(tmp_path)
    pairs = layout_pairs(tmp_path, "sice", "train")
    lows = layout_lows(tmp_path, "sice", "train")
    assert [(low.name, low.low, low.scene) for low in lows] == [(pair.name, pair.low, pair.scene) for pair in pairs]


@pytest.mark.parametrize("wrong", ["pairs", "sice"])
@pytest.mark.parametrize("layout", ["lol-v1", "lsrw", "fivek", "baid"])
def test_a_folder_of_another_layout_is_recognized_in_the_error(wrong: str, layout: str, tmp_path: Path) -> None:
    MINIATURES[layout](tmp_path)
    with pytest.raises(ArllieError, match=f"; this looks like {layout}; give --layout {layout}$"):
        layout_pairs(tmp_path, wrong, "train")


def test_what_an_archive_unpacks_to_is_recognized_in_the_error(tmp_path: Path) -> None:
    _lol_v1(tmp_path / "LOLdataset")
    says = r"not laid out as lol-v1; .*LOLdataset looks like lol-v1; give --layout lol-v1 with that folder$"
    with pytest.raises(ArllieError, match=says):
        layout_pairs(tmp_path, "lol-v1", "train")


def test_a_plain_folder_under_a_layout_is_told_to_leave_it_out(tmp_path: Path) -> None:
    make_sides(tmp_path / "low", tmp_path / "high", ["1.png"])
    with pytest.raises(ArllieError, match="looks like pairs; leave out --layout"):
        layout_pairs(tmp_path, "lol-v1", "train")


@pytest.mark.parametrize(
    ("gone", "says"),
    [
        ("our485", "no train part of lol-v1 in it; its tree is our485"),
        ("our485/high", "no train part of lol-v1 in it"),
        ("our485/low/2.png", r"our485/high/2\.png: no partner in low/ \(1 picture without one\)"),
    ],
)
def test_what_is_missing_is_named(gone: str, says: str, tmp_path: Path) -> None:
    _lol_v1(tmp_path)
    (tmp_path / gone).rename(tmp_path / "elsewhere")
    with pytest.raises(ArllieError, match=says):
        layout_pairs(tmp_path, "lol-v1", "train")


def test_dark_pictures_without_references_are_told_so(tmp_path: Path) -> None:
    _lol_v1(tmp_path / "whole")
    (tmp_path / "whole" / "our485" / "low").rename(tmp_path / "low")
    (tmp_path / "half" / "our485").mkdir(parents=True)
    (tmp_path / "low").rename(tmp_path / "half" / "our485" / "low")
    with pytest.raises(ArllieError, match="dark pictures of lol-v1 without their references"):
        layout_pairs(tmp_path / "half", "lol-v1", "train")


def test_pairs_of_different_sizes_are_refused_in_every_layout(tmp_path: Path) -> None:
    _lol_v1(tmp_path)
    save_png(tmp_path / "our485" / "high" / "10.png", scene(0, 31, 24))
    with pytest.raises(ArllieError, match=r"10\.png is 32×24 and .*10\.png is 31×24"):
        layout_pairs(tmp_path, "lol-v1", "train")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_empty_folder_and_none_at_all_are_refused(layout: str, tmp_path: Path) -> None:
    row = find_layout(layout)
    find = layout_pairs if row.supervised else layout_lows
    with pytest.raises(ArllieError, match="low: no such folder" if layout == "pairs" else f"not laid out as {layout}"):
        find(tmp_path, layout, "train")
    with pytest.raises(ArllieError, match="none: no such folder; check the path"):
        find(tmp_path / "none", layout, "train")


def test_an_unknown_layout_is_answered_with_the_nearest() -> None:
    with pytest.raises(ArllieError, match=r"unknown layout 'lol_v1'; did you mean 'lol-v1'\? known: pairs, lol-v1"):
        find_layout("lol_v1")


def test_hidden_files_and_folders_are_left_alone(tmp_path: Path) -> None:
    _lol_v1(tmp_path)
    make_pair(tmp_path / "our485" / "low" / "._2.png", tmp_path / ".our485" / "high" / "2.png", 0)
    assert _names(tmp_path, "lol-v1")["train"] == ["2", "10"]
