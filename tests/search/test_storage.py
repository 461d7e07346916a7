from pathlib import Path

import pytest

from arllie_deploy import ArllieError
from arllie_deploy.errors import UnavailableError
from arllie_deploy.search.storage import open_storage, shown


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("runs/a.journal", "runs/a.journal"),
        ("sqlite:///a.db", "sqlite:///a.db"),
        ("postgresql://me:secret@host/db", "postgresql://me:***@host/db"),
        ("mysql://me@host/db", "mysql://me@host/db"),
    ],
)
def test_a_password_is_not_shown(place: str, expected: str) -> None:
    assert shown(place) == expected


@pytest.mark.parametrize("place", ["nosuch://me:secret@host/db", "sqlite:////no/such/folder/a.db"])
def test_a_database_that_cannot_be_opened_is_one_line_without_the_password(place: str) -> None:
    with pytest.raises(ArllieError, match="cannot be opened") as caught:
        open_storage(place)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_driver_is_named() -> None:
    with pytest.raises(UnavailableError, match=r"needs the driver \w+: pip install"):
        open_storage("mysql+pymysql://me:secret@localhost/db")


def test_a_folder_is_no_study(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="is a folder; the study is a file"):
        open_storage(str(tmp_path))
