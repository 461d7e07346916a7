"""`--size WIDTHxHEIGHT`."""

import re

from arllie_deploy.errors import ArllieError

LARGEST = 16384


def parse_size(text: str) -> tuple[int, int]:
    """(width, height) of a text like 1920x1080.

    Raises:
        ArllieError: on anything else, and on a side that is 0 or beyond 16384.
    """
    match = re.fullmatch(r"([0-9]{1,9})[xX]([0-9]{1,9})", text.strip())
    if match is None:
        raise ArllieError(f"--size {text!r}: write WIDTHxHEIGHT, for example 1920x1080")
    width, height = int(match[1]), int(match[2])
    if not (1 <= width <= LARGEST and 1 <= height <= LARGEST):
        raise ArllieError(f"--size {text!r}: each side is 1 to {LARGEST}, for example 1920x1080")
    return width, height
