import stat
from pathlib import Path

import pytest

from arllie_deploy.atomic import ensure_folder, refuse_existing, replacing, write_text
from arllie_deploy.errors import ArllieError


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_text("old")

    def write_half() -> None:
        with replacing(path) as temporary:
            assert temporary.suffix == ".png"
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_written_file_has_ordinary_permissions(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "x")
    (tmp_path / "b").write_text("x")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a", "b")]
    assert modes[0] == modes[1]


def test_a_system_error_names_the_file_and_not_its_temporary_name(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing") as caught:
        write_text(tmp_path / "missing" / "a.txt", "x")
    assert caught.value.filename == str(tmp_path / "missing" / "a.txt")


def test_existing_files_are_refused_without_force(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "x")
    refuse_existing(tmp_path / "a", force=True)
    refuse_existing(tmp_path / "b", force=False)
    with pytest.raises(ArllieError, match="--force"):
        refuse_existing(tmp_path / "a", force=False)


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "x")
    for folder in (tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(ArllieError, match="not a folder"):
            ensure_folder(folder)
