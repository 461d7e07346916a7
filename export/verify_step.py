"""`python -m arllie_deploy.export.verify_step`: opens files in their runtime and compares them with the reference."""

from pathlib import Path

from arllie_deploy.enhancer_file import load
from arllie_deploy.export.child import read_request, write_answer
from arllie_deploy.export.parity import verify


def main() -> None:
    """Verify `files` (path, width, height) of one target; the answer is the verdict."""
    request = read_request()
    artifacts = {(width, height): Path(path) for path, width, height in request["files"]}
    verdict = verify(load(Path(request["model"])), request["runtime"], artifacts, request["precision"])
    write_answer(request, {"parity": verdict.to_json(), "failed": verdict.failed})


if __name__ == "__main__":
    main()
