import pytest

from arllie_deploy.errors import CheckFailedError
from arllie_deploy.results.program import as_program


def test_a_page_gets_the_words_of_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    monkeypatch.setattr("sys.argv", ["page", "--data", "lol"])
    as_program(given.extend)
    assert given == ["--data", "lol"]


def test_an_error_is_one_line_and_the_exit_code_is_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_words: object) -> None:
        raise CheckFailedError("no such folder")

    with pytest.raises(SystemExit) as exited:
        as_program(fail)
    assert (exited.value.code, capsys.readouterr().err) == (CheckFailedError.exit_code, "error: no such folder\n")
