"""`arllie-export --verify`: whether the artifacts that a manifest lists are still what was verified."""

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.child import ChildError, run_child
from arllie_deploy.export.job import checks_of_any_size
from arllie_deploy.export.manifest import Entry, Status
from arllie_deploy.export.networks.export import NetworkExport, recheck_network
from arllie_deploy.export.parity import EMULATED_SIZE, Check
from arllie_deploy.export.targets import TARGETS, Target
from arllie_deploy.networks.network import Network
from arllie_deploy.stored_model import Model, save_model

_VERIFY_STEP = "arllie_deploy.export.verify_step"
_DYNAMIC_SIZE = (1920, 1080)


@dataclass(frozen=True)
class Finding:
    """What came of one artifact; `problem` is None where bytes and parity hold."""

    file: str
    target: str
    problem: str | None
    parity: dict[str, Any] | None


def recheck(
    folder: Path, entries: dict[str, Entry], find_model: Callable[[str], Model | Network], *, timeout_s: float
) -> list[Finding]:
    """Check the bytes of every artifact that was verified once, and run the parity frames through it again.

    Args:
        folder: that holds the manifest.
        entries: of the manifest.
        find_model: name -> model.
        timeout_s: for one artifact.
    """
    with tempfile.TemporaryDirectory(prefix="arllie-verify-") as floats:
        return [
            _recheck(folder, entry, find_model, timeout_s, Path(floats))
            for _, entry in sorted(entries.items())
            if entry["status"] == Status.OK
        ]


def _recheck(
    folder: Path, entry: Entry, find_model: Callable[[str], Model | Network], timeout_s: float, floats: Path
) -> Finding:
    file, target = str(entry["file"]), str(entry["target"])
    problem = _bytes_problem(folder, entry)
    if problem is not None:
        return Finding(file, target, problem, None)
    try:
        model = find_model(str(entry["model"]))
    except ArllieError as error:
        return Finding(file, target, f"its model is not here: {error}", None)
    if model.sha256 != entry["model_sha256"]:
        return Finding(file, target, f"{model.name} is another model now; give the one it was made from", None)
    return _parity(folder, entry, model, timeout_s, floats)


def _bytes_problem(folder: Path, entry: Entry) -> str | None:
    for facts in entry["files"]:
        path = folder / facts["file"]
        if not path.is_file():
            return f"{facts['file']} is missing"
        if hashlib.sha256(path.read_bytes()).hexdigest() != facts["sha256"]:
            return f"{facts['file']} has other bytes than were verified"
    return None


def _parity(folder: Path, entry: Entry, model: Model | Network, timeout_s: float, floats: Path) -> Finding:
    file, name = str(entry["file"]), str(entry["target"])
    if name not in TARGETS:
        return Finding(file, name, "this version does not know its target", None)
    target = TARGETS[name]
    found = target.availability()
    if not found.ok:
        return Finding(file, name, f"cannot be executed here: {found.reason}", None)
    proof = (folder / str(entry["proof"])).resolve()
    try:
        if isinstance(model, Network):
            job = NetworkExport(target, model, str(entry["precision"]), _size_of_network(entry))
            verdict = recheck_network(job, proof, timeout_s=timeout_s, floats=floats)
        else:
            verdict = _verdict(target, entry, model, proof, timeout_s)
    except ChildError as error:
        return Finding(file, name, f"the runtime {error}", None)
    return Finding(file, name, verdict["failed"], verdict["parity"])


def _size(entry: Entry) -> tuple[int, int]:
    if entry["size"] is None:
        return _DYNAMIC_SIZE
    width, height = (int(side) for side in str(entry["size"]).split("x"))
    return width, height


def _size_of_network(entry: Entry) -> tuple[int, int]:
    """What it was asked for: integers hold at the sizes that they were made for, also in a file of every size."""
    judged = entry["parity"].get("judged", [])
    return _size(entry if entry["size"] or not judged else {**entry, "size": judged[-1]})


def _verdict(target: Target, entry: Entry, model: Model, proof: Path, timeout_s: float) -> dict[str, Any]:
    """Of a one-layer model's artifact; raises `ChildError` if it cannot be run."""
    size = _size(entry)
    if entry["size"] is None:
        wanted = checks_of_any_size(target, proof, size)
    else:
        wanted = [Check(proof, size, target.emulated and size != EMULATED_SIZE)]
    checks = [[str(check.path), *check.size, check.one_frame] for check in wanted]
    with tempfile.TemporaryDirectory(prefix="arllie-") as scratch:
        path = Path(scratch) / "model.safetensors"
        save_model(model, path)
        request = {"model": str(path), "target": target.name, "precision": entry["precision"], "checks": checks}
        request["picture"] = str(Path(scratch) / "failed.png")
        verdict: dict[str, Any] = run_child(_VERIFY_STEP, request, timeout_s)
    return verdict
