from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.enhancers import random_enhancer
from support.picture_files import random_pixels, save

from arllie_deploy.errors import ArllieError
from arllie_deploy.media.folder import enhance_folder
from arllie_deploy.pictures import Picture, read_picture, write_picture
from arllie_deploy.pictures.folder import picture_files
from arllie_deploy.runtimes import RUNTIMES, OpenedModel

ENHANCER = random_enhancer()


def _opener(frame: NDArray[Any]) -> OpenedModel:
    return RUNTIMES["numpy"].open(ENHANCER, 1)


def _folder(path: Path) -> Path:
    path.mkdir()
    save(path / "b.png", random_pixels(5, 8))
    write_picture(path / "c.tiff", Picture(random_pixels(6, 4, np.uint16)))
    (path / "a.png").write_bytes(b"no picture")
    (path / "notes.txt").write_text("not read")
    (path / ".hidden.png").write_bytes(b"not read")
    (path / "inner").mkdir()
    save(path / "inner" / "d.png", random_pixels(5, 8))
    return path


def test_a_bad_picture_does_not_stop_the_others(tmp_path: Path) -> None:
    source, target = _folder(tmp_path / "in"), tmp_path / "deep" / "out"
    shares: list[float] = []
    outcomes = enhance_folder(_opener, source, target, progress=shares.append)
    assert [(outcome.name, outcome.written is None) for outcome in outcomes] == [
        ("a.png", True),
        ("b.png", False),
        ("c.tiff", False),
    ]
    assert outcomes[0].reason is not None
    assert outcomes[0].reason.startswith(str(source / "a.png"))
    assert sorted(path.name for path in target.iterdir()) == ["b.png", "c.tiff"]
    for name in ("b.png", "c.tiff"):
        expected = ENHANCER.enhance(read_picture(source / name).pixels)
        assert np.array_equal(read_picture(target / name).pixels, expected)
    assert shares == [1 / 3, 2 / 3, 1.0]


def test_files_that_exist_are_refused_before_any_work(tmp_path: Path) -> None:
    source, target = _folder(tmp_path / "in"), tmp_path / "out"
    target.mkdir()
    (target / "c.tiff").write_bytes(b"kept")
    with pytest.raises(ArllieError, match=r"c\.tiff exists \(1 of 3 do\); pass --force"):
        enhance_folder(_opener, source, target)
    assert [path.name for path in target.iterdir()] == ["c.tiff"]
    enhance_folder(_opener, source, target, force=True)
    assert read_picture(target / "c.tiff").size == (4, 6)


def test_the_input_folder_is_never_the_output_folder(tmp_path: Path) -> None:
    source = _folder(tmp_path / "in")
    (tmp_path / "link").symlink_to("in")
    for target in (source, tmp_path / "link"):
        with pytest.raises(ArllieError, match="the output folder is the input folder"):
            enhance_folder(_opener, source, target, force=True)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="no pictures in it"):
        picture_files(tmp_path)
    with pytest.raises(ArllieError, match="no such folder"):
        picture_files(tmp_path / "none")


def test_a_file_in_the_way_of_the_output_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(ArllieError, match="a file is in the way"):
        enhance_folder(_opener, _folder(tmp_path / "in"), tmp_path / "out")
