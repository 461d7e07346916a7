"""`python -m arllie_deploy.export.write_step`: writes one target's files."""

from dataclasses import asdict
from pathlib import Path

from arllie_deploy.enhancer_file import load
from arllie_deploy.export.calibration import load_frames
from arllie_deploy.export.child import read_request, write_answer
from arllie_deploy.export.request import Request
from arllie_deploy.export.targets import INTEGER_PRECISIONS, TARGETS


def main() -> None:
    """Write every file of `files` (path, width, height); the answer is the `Written` of each."""
    request = read_request()
    enhancer = load(Path(request["model"]))
    target, precision = TARGETS[request["target"]], request["precision"]
    folder = request["calibration"]
    frames = load_frames(Path(folder) if folder else None) if precision in INTEGER_PRECISIONS else ()
    write = target.writer()
    written = [
        write(
            Request(
                enhancer=enhancer,
                target=target.name,
                precision=precision,
                size=(width, height),
                path=Path(path),
                calibration=frames,
                percentile=request["percentile"],
            )
        )
        for path, width, height in request["files"]
    ]
    write_answer(request, [asdict(each) for each in written])


if __name__ == "__main__":
    main()
