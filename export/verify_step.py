"""`python -m arllie_deploy.export.verify_step`: opens files in their runtime and compares them with the reference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.export.child import read_request, write_answer
from arllie_deploy.export.delegates import check_operators, find_delegate
from arllie_deploy.export.parity import LIMITS, Check, Verdict, verify
from arllie_deploy.export.targets import TARGETS, Target
from arllie_deploy.pictures.codecs import write_picture
from arllie_deploy.pictures.picture import Picture
from arllie_deploy.stored_model import Model, load_model

if TYPE_CHECKING:
    from arllie_deploy.export.adaptive.verification import AdaptiveVerdict


def main() -> None:
    """Verify the `checks` (path, width, height, one frame) of one target; the answer is the verdict."""
    request = read_request()
    checks = [Check(Path(path), (width, height), one_frame) for path, width, height, one_frame in request["checks"]]
    target, precision = TARGETS[request["target"]], request["precision"]
    outside, facts = _held_to_delegate(target, precision, checks)
    verdict = _verdict(load_model(Path(request["model"])), target, checks, precision)
    if isinstance(verdict, Verdict) and verdict.failure is not None:
        write_picture(Path(request["picture"]), Picture(verdict.failure))
    answer = {
        "failed": outside or verdict.failed,
        "parity": verdict.to_json(),
        "executed_by": verdict.executed_by,
        "facts": facts,
    }
    write_answer(request, answer)


def _verdict(model: Model, target: Target, checks: list[Check], precision: str) -> Verdict | AdaptiveVerdict:
    if isinstance(model, AdaptiveEnhancer):
        from arllie_deploy.export.adaptive.verification import verify_adaptive

        return verify_adaptive(model, checks, LIMITS[precision])
    return verify(model, target.runtime, checks, LIMITS[precision])


def _held_to_delegate(target: Target, precision: str, checks: list[Check]) -> tuple[str | None, dict[str, Any]]:
    """What is outside the list of the target's delegate, if it has one, and what the manifest should say of it."""
    if target.delegate is None:
        return None, {}
    delegate, facts = find_delegate(target.delegate), {}
    for check in checks:
        held = check_operators(check.path.read_bytes(), delegate, precision)
        if held.failed is not None:
            return held.failed, held.facts
        facts = held.facts
    return None, facts


if __name__ == "__main__":
    main()
