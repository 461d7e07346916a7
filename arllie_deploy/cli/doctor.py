"""`arllie-doctor`: what works on this machine, and for each thing that does not, why and the command that mends it."""

import os
import platform
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from arllie_deploy.cli.output import print_json, print_line, print_table


@dataclass(frozen=True)
class Finding:
    """One line: `detail` is a version or what was found, or, where it does not work, why and what mends it."""

    subject: str
    name: str
    works: bool
    detail: str


def command(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Report what works on this machine.

    Example: arllie-doctor --json
    """
    findings = [*_runtimes(), *_targets(), *_programs(), *_models()]
    machine = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": len(os.sched_getaffinity(0)),
    }
    if json:
        print_json({"machine": machine, "findings": [asdict(finding) for finding in findings]})
        return
    print_line(" · ".join(f"{key} {value}" for key, value in machine.items()))
    rows = [[f.subject, f.name, "works" if f.works else "no", f.detail] for f in findings]
    print_table(["what", "name", "here", "version, or why not"], rows)


def _runtimes() -> list[Finding]:
    from arllie_deploy.runtimes import RUNTIMES

    found = {row.name: row.availability() for row in RUNTIMES.values()}
    return [Finding("runtime", name, a.ok, a.version or a.reason or "") for name, a in found.items()]


def _targets() -> list[Finding]:
    from arllie_deploy.export.targets import TARGETS

    found = {row.name: row.availability() for row in TARGETS.values()}
    return [
        Finding("target", name, a.ok, "can be written and proven here" if a.ok else a.reason or "")
        for name, a in found.items()
    ]


def _programs() -> list[Finding]:
    training = _program("arllie-train", "train", ("torch", "matplotlib"))
    return [training, _program("arllie-search", "search", ("torch", "matplotlib", "optuna")), _lpips(), _cuda()]


def _program(name: str, extra: str, needs: tuple[str, ...]) -> Finding:
    from importlib.util import find_spec

    missing = [module for module in needs if find_spec(module) is None]
    mend = f'needs {", ".join(missing)}: pip install "arllie-deploy[{extra}]"'
    return Finding("program", name, not missing, mend if missing else f"{', '.join(needs)} are installed")


def _lpips() -> Finding:
    from arllie_deploy.quality.lpips import why_unavailable

    reason = why_unavailable()
    return Finding("metric", "lpips", reason is None, reason or "the network's weights are installed")


def _cuda() -> Finding:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        return Finding("device", "cuda", True, "onnxruntime has its CUDA provider")
    reason = "onnxruntime has no CUDA provider here, and no target of this version uses one"
    return Finding("device", "cuda", False, reason)


def _models() -> list[Finding]:
    from arllie_deploy.errors import ArllieError
    from arllie_deploy.models import MEMBERS, NETWORKS, find_any

    findings = []
    for name in (*MEMBERS, *NETWORKS):
        try:
            model = find_any(name)
            findings.append(
                Finding("model", name, True, f"{model.epilogue}, sha256 {model.sha256[:12]}, {model.license}")
            )
        except ArllieError as error:
            findings.append(Finding("model", name, False, str(error)))
    return findings
