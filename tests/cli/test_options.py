from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
import typer

from arllie_deploy.cli.options import with_fields_as_options
from arllie_deploy.cli.program import run_one


@dataclass(frozen=True, kw_only=True)
class Work:
    size: Annotated[str, typer.Option(help="Of the frames.")] = "2x1"
    threads: Annotated[int | None, typer.Option(min=1)] = None


@dataclass(frozen=True, kw_only=True)
class Place:
    in_folder: Annotated[Path, typer.Option()] = Path("here")
    json: Annotated[bool, typer.Option("--json")] = False


@with_fields_as_options
def command(work: Work, place: Place) -> None:
    """Do the work."""
    print(work, place, sep="\n")  # noqa: T201 - what the tests read


@with_fields_as_options
def of_a_file(
    file: Annotated[Path, typer.Argument()], work: Work, force: Annotated[bool, typer.Option()] = False
) -> None:
    """Do the work on a file."""
    print(file, work, force, sep="\n")  # noqa: T201 - what the tests read


def run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *words: str,
    program: Callable[..., None] = command,
) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["program", *words])
    return run_one("program", program), capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "work", "place"),
    [
        ([], Work(), Place()),
        (["--threads", "3", "--json"], Work(threads=3), Place(json=True)),
        (["--in-folder", "a b", "--size", "4x4"], Work(size="4x4"), Place(in_folder=Path("a b"))),
    ],
)
def test_each_class_gets_the_options_of_its_fields(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], work: Work, place: Place
) -> None:
    assert run(monkeypatch, capsys, *words) == (0, f"{work}\n{place}\n")


def test_the_help_has_the_commands_own_words_and_its_options_in_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, text = run(monkeypatch, capsys, "--help")
    assert status == 0
    assert "Do the work." in text
    assert "Of the frames." in text
    places = [text.index(option) for option in ("--size", "--threads", "--in-folder", "--json")]
    assert places == sorted(places)


def test_an_options_own_limits_hold(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, capsys, "--threads", "0") == (2, "")


def test_parameters_that_are_no_dataclass_stay_what_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run(monkeypatch, capsys, "a.png", "--threads", "3", "--force", program=of_a_file)
    assert found == (0, f"a.png\n{Work(threads=3)}\nTrue\n")
    assert run(monkeypatch, capsys, "--threads", "3", program=of_a_file) == (2, "")
