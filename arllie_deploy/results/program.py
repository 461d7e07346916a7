"""What every results page is when it is run as a program."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from arllie_deploy.errors import ArllieError


def as_program(main: Callable[[Sequence[str]], None]) -> None:
    """Run it with the arguments of the command line; an error is one line, and its exit code the program's."""
    try:
        main(sys.argv[1:])
    except ArllieError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)
