from pathlib import Path

import pytest
from support.runner_program import built_runner


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runner for AArch64."""
    return built_runner(tmp_path_factory.mktemp("runner"))
