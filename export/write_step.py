"""`python -m arllie_deploy.export.write_step`: writes one target's files."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.export.calibration import load_frames
from arllie_deploy.export.child import read_request, write_answer
from arllie_deploy.export.request import Request, Written
from arllie_deploy.export.targets import INTEGER_PRECISIONS, TARGETS, Target
from arllie_deploy.stored_model import load_model


def main() -> None:
    """Write every file of `files` (path, width, height); the answer is the `Written` of each."""
    request = read_request()
    target = TARGETS[request["target"]]
    write = _writer(target, request)
    written = [write((width, height), Path(path)) for path, width, height in request["files"]]
    write_answer(request, [asdict(each) for each in written])


def _writer(target: Target, request: dict[str, Any]) -> Callable[[tuple[int, int], Path], Written]:
    """(size, path) -> what was written there."""
    model, precision, folder = load_model(Path(request["model"])), request["precision"], request["calibration"]
    if isinstance(model, AdaptiveEnhancer):
        return _adaptive_writer(model, target, precision, folder)
    frames = load_frames(Path(folder) if folder else None) if precision in INTEGER_PRECISIONS else ()
    write = target.writer()
    return lambda size, path: write(
        Request(
            enhancer=model,
            target=target.name,
            precision=precision,
            size=size,
            path=path,
            calibration=frames,
            percentile=request["percentile"],
        )
    )


def _adaptive_writer(
    model: AdaptiveEnhancer, target: Target, precision: str, folder: str | None
) -> Callable[[tuple[int, int], Path], Written]:
    from arllie_deploy.export.adaptive.artifacts import AdaptiveRequest, write_adaptive

    # Mixed filters are chosen by what the model makes of frames, in floats too.
    frames = load_frames(Path(folder) if folder else None) if target.constant_filters else ()
    return lambda size, path: write_adaptive(
        AdaptiveRequest(model, target.name, target.format, precision, size, path, frames)
    )


if __name__ == "__main__":
    main()
