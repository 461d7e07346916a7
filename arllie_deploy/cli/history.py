"""`arllie-history`: how the rows of many runs of arllie-bench went over time."""

from pathlib import Path
from typing import Annotated

import typer

from arllie_deploy.cli.output import note, print_json, print_line, print_table


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of results, such as arllie-bench's --out.")],
    out: Annotated[
        Path | None, typer.Option(help="The page to write [default: DIR/history.html].", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a page that this command did not write.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the history as one JSON object.")] = False,
) -> None:
    """Draw the trend of every row over the runs in a folder: a table here, and history.html.

    Examples: arllie-history arllie-out · arllie-history nightly --out trend.html --json

    Reads DIR/runs/*/bench.json, DIR/*/bench.json and the .json files in DIR. A row is the same one where device,
    backend, runtime, target, precision, threads, size, model and processor are. The figures are ratios to the copy of a
    frame in the same run, never times. A file that is no result is named and left aside.
    """
    from arllie_deploy.atomic import refuse_existing, write_bytes
    from arllie_deploy.bench.history import read_history, table
    from arllie_deploy.bench.history_html import FILE_NAME, to_html

    page = out or folder / FILE_NAME
    history = read_history(folder)
    refuse_existing(page, force=force or _is_ours(page))
    write_bytes(page, to_html(history))
    if json:
        print_json(history.to_json())
    else:
        print_table(*table(history))
        print_line(f"{len(history.runs)} runs, drawn in {page}")
    for skipped in history.skipped:
        note(f"skipped {skipped.path}: {skipped.reason}")


def _is_ours(page: Path) -> bool:
    """Whether the file is an older page of this command."""
    from arllie_deploy.bench.history_html import MARK

    if not page.is_file():
        return False
    with page.open("rb") as file:
        return MARK.encode() in file.read(1024)
