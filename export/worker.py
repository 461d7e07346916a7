"""`python -m arllie_deploy.export.worker`: writes one target's files in a process of its own.

A converter that crashes, leaks or hangs takes only its own target down. The request comes as JSON on stdin and the
answer goes as one JSON line to the file named in it, because converters print to stdout.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from arllie_deploy.enhancer_file import load
from arllie_deploy.export.request import Request
from arllie_deploy.export.targets import TARGETS


def main(request: dict[str, Any]) -> None:
    """Write every file of `request["files"]` (a list of path, width, height) and the answer."""
    enhancer = load(Path(request["model"]))
    target = TARGETS[request["target"]]
    write = target.writer()
    for path, width, height in request["files"]:
        written = write(Request(enhancer, target.name, request["precision"], (width, height), Path(path)))
    Path(request["answer"]).write_text(json.dumps(asdict(written)))


if __name__ == "__main__":
    main(json.load(sys.stdin))
