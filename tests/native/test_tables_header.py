from pathlib import Path

import arllie_deploy.native
from arllie_deploy.native.tables_header import tables_header


def test_the_header_that_c_includes_is_the_generated_one() -> None:
    committed = Path(arllie_deploy.native.__file__).parent / "source" / "tables.h"
    assert committed.read_text("utf-8") == tables_header()
