"""`bench.csv`: one line per row, one column per figure."""

import csv
import io
from collections.abc import Sequence

from arllie_deploy.bench.report_facts import columns, flatten
from arllie_deploy.bench.row import Row


def to_csv(rows: Sequence[Row]) -> bytes:
    """The file as UTF-8; a figure that there is none of is empty."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(flatten(row) for row in rows)
    return text.getvalue().encode()
