import json

from support.commands import run_program

from arllie_deploy.export.targets import TARGETS
from arllie_deploy.runtimes import RUNTIMES


def test_everything_is_found_or_says_why_not() -> None:
    report = json.loads(run_program("doctor", "--json").out)
    found = {(finding["subject"], finding["name"]): finding for finding in report["findings"]}
    assert {name for subject, name in found if subject == "runtime"} == set(RUNTIMES)
    assert {name for subject, name in found if subject == "target"} == set(TARGETS)
    assert all(finding["detail"] for finding in found.values())
    assert found["runtime", "numpy"]["works"]
    assert found["model", "arllie-lol"]["works"]
    assert {"arllie-train", "arllie-search"} <= {name for subject, name in found if subject == "program"}
    assert ("metric", "lpips") in found


def test_the_table_is_for_people() -> None:
    ended = run_program("doctor")
    assert ended.status == 0
    assert "onnxruntime" in ended.out
    assert ended.err == ""
