import json
import subprocess

import numpy as np
import pytest

from arllie_deploy.bench import budgets
from arllie_deploy.bench.budgets import Budget
from arllie_deploy.reparam.fuse import fuse

KEPT = Budget("one", "s", 0.5, 0.4)
EXCEEDED = Budget("two", "s", 0.5, 0.6)


def run(monkeypatch: pytest.MonkeyPatch, *results: Budget) -> int:
    kinds = ("import", "heavy_imports", "help", "fuse", "statistics", "overhead", "photo_memory")
    names = [f"measure_{kind}" for kind in kinds]
    for name, result in zip(names, [*results, *[KEPT] * len(names)], strict=False):
        monkeypatch.setattr(budgets, name, lambda result=result: result)
    return budgets.main(["--json"])


def test_it_succeeds_while_every_budget_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == 0
    assert all(budget["kept"] for budget in json.loads(capsys.readouterr().out)["budgets"])


def test_one_exceeded_budget_fails_the_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, KEPT, EXCEEDED) == 1
    assert [budget["kept"] for budget in json.loads(capsys.readouterr().out)["budgets"]].count(False) == 1


def test_one_that_cannot_be_measured_fails_the_run_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure_help() -> Budget:
        raise subprocess.CalledProcessError(2, "arllie", stderr="Traceback\nModuleNotFoundError: no typer\n")

    measured = budgets._measured(measure_help)
    assert (measured.value, measured.kept, measured.problem) == (None, False, "ModuleNotFoundError: no typer")
    assert run(monkeypatch, measured) == 1
    assert len(json.loads(capsys.readouterr().out)["budgets"]) == 7


def test_the_largest_block_fuses() -> None:
    block = budgets.largest_block()
    assert [len(branch) for branch in block.branches] == [3] * 4
    assert fuse(block).kernel.shape == (3, 3, 3, 3)
    assert np.shape(block.branches[0][1].kernel) == (64, 64, 3, 3)


def test_importing_the_package_loads_no_framework() -> None:
    assert budgets.measure_heavy_imports().value == 0
