"""`python -m arllie_deploy.export.write_step`: writes one target's files."""

from dataclasses import asdict
from pathlib import Path

from arllie_deploy.enhancer_file import load
from arllie_deploy.export.child import read_request, write_answer
from arllie_deploy.export.request import Request
from arllie_deploy.export.targets import TARGETS


def main() -> None:
    """Write every file of `files` (path, width, height); the answer is the last one's `Written`."""
    request = read_request()
    enhancer = load(Path(request["model"]))
    target = TARGETS[request["target"]]
    write = target.writer()
    for path, width, height in request["files"]:
        written = write(Request(enhancer, target.name, request["precision"], (width, height), Path(path)))
    write_answer(request, asdict(written))


if __name__ == "__main__":
    main()
