import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the data sets: ARLLIE_DATA, or shared/data beside the checkout."""
    folder = Path(os.environ.get("ARLLIE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("shared data set not found: set ARLLIE_DATA")
    return folder
