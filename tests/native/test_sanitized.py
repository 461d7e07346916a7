"""The C library under the sanitizers: a short form of `make check-native`, which says what it runs."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SECONDS, LARGEST_SIDE, CALLS_EACH = "2", "9", "2"


@pytest.fixture(scope="module")
def lines() -> list[str]:
    line = [REPOSITORY / "scripts/check-native", Path(sys.executable).parent, SECONDS, LARGEST_SIDE, CALLS_EACH]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def _ran(lines: list[str], program: str) -> list[str]:
    """What the program did; skips with the reason that the script gives."""
    for part in ("everything", program.split("/")[0]):
        for line in lines:
            if line.startswith(f"skipped: {part} "):
                pytest.skip(line.removeprefix("skipped: "))
    start = f"ran: {program}: "
    return [line.removeprefix(start) for line in lines if line.startswith(start)]


def test_every_size_and_format_stays_within_its_memory(lines: list[str]) -> None:
    *sets, refusals = _ran(lines, "memory/sweep")
    assert any(line.startswith("portable: 81 sizes 1..9, 624 calls") for line in sets)
    assert "wrong calls refused with nothing touched" in refusals


@pytest.mark.parametrize("build", ["memory", "threads"])
def test_callers_at_once_do_not_meet(lines: list[str], build: str) -> None:
    assert "1..8 callers at once, 2 calls each, of 1..8 threads" in _ran(lines, f"{build}/callers")


def test_a_campaign_finds_nothing(lines: list[str]) -> None:
    (line,) = _ran(lines, "memory/campaign")
    calls = next(int(word) for word in line.split() if word.isdigit())
    assert calls > 10
