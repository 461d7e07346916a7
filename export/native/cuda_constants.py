"""What the CUDA artifacts say in C besides the model: the launch's numbers and the logistic function's constants."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import indent, wrap

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.export.native.constants import model_name
from arllie_deploy.export.request import Request
from arllie_deploy.native.cuda import PIECE_BYTES, ROWS_LOST, TALLEST_STRIP, THREADS, logistic_struct, shared_bytes


def launch_marks(request: Request) -> dict[str, str]:
    """Mark of the header's template -> what takes its place."""
    return {
        "@THREADS@": str(THREADS),
        "@PIECE_BYTES@": str(PIECE_BYTES),
        "@TALLEST_STRIP@": str(TALLEST_STRIP),
        "@ROWS_LOST@": str(ROWS_LOST),
        "@GUARD@": model_name(request.enhancer).upper(),
        "@SHARED_BYTES@": str(shared_bytes(request.enhancer.epilogue)),
        "@LOGISTIC@": logistic_source(request.enhancer),
    }


def logistic_source(enhancer: Enhancer) -> str:
    """The constants that a launch takes; zeros where the epilogue has no such function."""
    struct = logistic_struct(enhancer.epilogue)
    rows = f"    {{{_folded(struct.c0)}}},\n    {{{_folded(struct.c1)}}}"
    return f"static const struct arllie_logistic {model_name(enhancer)}_logistic = {{\n{rows}\n}};"


def _folded(numbers: Iterable[int]) -> str:
    return indent("\n".join(wrap(", ".join(map(str, numbers)), 110)), "     ").lstrip()
