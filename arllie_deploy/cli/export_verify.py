"""`arllie-export --verify`: bytes and parity of what a manifest lists, again."""

from pathlib import Path
from typing import TYPE_CHECKING

from arllie_deploy.cli.output import print_json, print_table
from arllie_deploy.errors import ArllieError

if TYPE_CHECKING:
    from arllie_deploy.networks.network import Network
    from arllie_deploy.stored_model import Model


def verify_manifest(path: Path, model: str | None, timeout_s: float, json: bool) -> int:
    """Check every artifact of a manifest; exit status 0 if all hold, 1 if one does not.

    Args:
        path: of manifest.json.
        model: instead of the shipped model of the name that the manifest has.
        timeout_s: for one artifact.
        json: print one JSON object instead of a table.

    Raises:
        ArllieError: if the manifest is missing or damaged, or lists no artifact.
    """
    from arllie_deploy.cli.program import CHECK_FAILED, DONE
    from arllie_deploy.export.manifest import FILE_NAME, read_manifest
    from arllie_deploy.export.recheck import recheck
    from arllie_deploy.models import find_any

    if path.name != FILE_NAME or not path.is_file():
        raise ArllieError(f"--verify {path}: give the {FILE_NAME} that arllie-export wrote")

    def find(name: str) -> "Model | Network":
        return find_any(model or name)

    findings = recheck(path.parent, read_manifest(path.parent), find, timeout_s=timeout_s)
    if not findings:
        raise ArllieError(f"{path}: lists no artifact that was verified; export one first")
    bad = any(finding.problem for finding in findings)
    if json:
        print_json({"ok": not bad, "artifacts": [vars(finding) for finding in findings]})
    else:
        rows = [[finding.target, finding.problem or "holds", finding.file] for finding in findings]
        print_table(["target", "verified again", "file"], rows)
    return CHECK_FAILED if bad else DONE
