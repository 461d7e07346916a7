import os
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline: a busy machine is not a wrong answer. The same examples in every run: a failure can be repeated.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the data sets: ARLLIE_DATA, or shared/data beside the checkout."""
    folder = Path(os.environ.get("ARLLIE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("shared data set not found: set ARLLIE_DATA")
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests recorded: figures that are worth reading although they passed."""
    for report in terminalreporter.stats.get("passed", []):
        for name, value in getattr(report, "user_properties", []):
            terminalreporter.write_line(f"{name}: {value}")
