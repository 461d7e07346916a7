"""`python -m arllie_deploy.export.verify_step`: opens files in their runtime and compares them with the reference."""

from pathlib import Path

from arllie_deploy.enhancer_file import load
from arllie_deploy.export.child import read_request, write_answer
from arllie_deploy.export.parity import LIMITS, Check, verify


def main() -> None:
    """Verify the `checks` (path, width, height, one frame) of one target; the answer is the verdict."""
    request = read_request()
    checks = [Check(Path(path), (width, height), one_frame) for path, width, height, one_frame in request["checks"]]
    verdict = verify(load(Path(request["model"])), request["runtime"], checks, LIMITS[request["precision"]])
    write_answer(request, {"parity": verdict.to_json(), "failed": verdict.failed, "executed_by": verdict.executed_by})


if __name__ == "__main__":
    main()
