import json
from pathlib import Path

import pytest
from support.searches import make_scenes, scenes_of, search_here

from arllie_deploy import ArllieError
from arllie_deploy.results import search as page
from arllie_deploy.results import search_trainings as trainings
from arllie_deploy.results.search import cpu_minutes, figures, make_page, verdict, verdicts
from arllie_deploy.results.search_trainings import (
    LBFGS_EVALUATIONS,
    Contestant,
    Job,
    Measured,
    contestants,
    describe,
    measure,
    structure,
)
from arllie_deploy.search.result import to_json
from arllie_deploy.search.settings import SearchSettings, ShortTraining

TINY = ShortTraining(steps=3, crop=12, batch=2)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_scenes(tmp_path_factory.mktemp("pairs"), width=50, height=50)


def made_up(losses: dict[str, list[float]]) -> list[Measured]:
    return [
        Measured(name, 100, seed, loss, 10 * loss, 30.0)
        for name, values in losses.items()
        for seed, loss in enumerate(values)
    ]


def test_everybody_is_there_once_and_within_the_rules() -> None:
    found = contestants(structure("conv1x1 conv3x3"))
    names = [one.name for one in found]
    assert len(set(names)) == len(names)
    assert {"searched", "plain 3×3", "RepVGG-style", "DBB-style", "ECB-style"} <= set(names)
    assert sum(name.startswith("random") for name in names) >= 3
    assert len({describe(one.structure) for one in found if one.name.startswith("random")}) >= 3
    assert all(one.learning_rate == found[0].learning_rate for one in found if "rate" not in one.name)


def test_a_cell_of_the_table_is_the_mean_over_the_seeds() -> None:
    measured = made_up({"a": [0.1, 0.2], "b": [0.5, 0.5]})
    assert figures(measured, "a", 100) == ("0.1500 ± 0.0707", "1.50 ± 0.71")


@pytest.mark.parametrize(
    ("searched", "expected"),
    [
        ([0.10, 0.11, 0.12], "rank 1 of 3, 0.1000 ahead of b; that is more than twice"),
        ([0.20, 0.21, 0.19], "rank 1 of 3, 0.0100 ahead of b; that is less than twice"),
        ([0.22, 0.24, 0.20], "rank 2 of 3, 0.0100 behind b; that is less than twice"),
        ([0.90, 0.91, 0.92], "rank 3 of 3, 0.7000 behind b; that is more than twice"),
    ],
)
def test_the_verdict_says_where_the_search_wins_nothing(searched: list[float], expected: str) -> None:
    measured = made_up({"searched": searched, "b": [0.20, 0.21, 0.22], "c": [0.5, 0.5, 0.5]})
    assert expected in verdict(measured, ["searched", "b", "c"], 100)


def test_the_plain_layer_may_raise_its_rate_where_structures_may_not() -> None:
    everybody = contestants(structure("conv1x1 conv3x3"))
    measured = [
        Measured(one.name, steps, seed, 0.1 if "×10" in one.name else 0.2 if one.name == "searched" else 0.3, 9.0, 1.0)
        for one in everybody
        for steps in page.HORIZONS
        for seed in (1, 2)
    ]
    text = verdicts(measured, everybody)
    assert text.count("rank 1 of 8") == len(page.HORIZONS)
    assert text.count("rank 2 of 4, 0.1000 behind plain 3×3, rate ×10") == len(page.HORIZONS)


def test_the_time_of_an_lbfgs_run_is_counted_once() -> None:
    rows = [Measured("L-BFGS", effort, 1, 0.1, 10.0, float(effort)) for effort in LBFGS_EVALUATIONS]
    assert cpu_minutes([*rows, Measured("a", 100, 1, 0.1, 10.0, 60.0)]) == pytest.approx(1 + 200 / 60)


def test_lbfgs_goes_down_to_a_lower_loss_with_more_evaluations(data: Path) -> None:
    job = Job(Contestant("L-BFGS", structure("conv3x3")), 0, 1)
    found = measure(job, data, 5, TINY)
    assert [one.effort for one in found] == list(LBFGS_EVALUATIONS)
    assert found[-1].loss < 0.8 * measure(Job(job.contestant, 1, 1), data, 5, TINY)[0].loss


def test_the_page_is_made_from_a_search_result_and_reports_everybody(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "HORIZONS", (1, 2))
    monkeypatch.setattr(page, "SEEDS", (1, 2))
    for module in (page, trainings):
        monkeypatch.setattr(module, "LBFGS_EVALUATIONS", (2, 4))
    settings = SearchSettings(seed=5, training=TINY)
    outcome = search_here(data, tmp_path / "study.journal", settings, proposals=1)
    result = tmp_path / "found.json"
    result.write_text(json.dumps(to_json(outcome, scenes_of(data, settings), settings)))
    make_page(data, tmp_path / "out", result, workers=1)
    text = (tmp_path / "out" / "search.md").read_text()
    for one in contestants(outcome.kept.proposal.structure):
        assert text.count(f"| {one.name} |") == 3
    assert describe(outcome.kept.proposal.structure) in text
    assert scenes_of(data, settings).sha256 in text
    assert str(tmp_path) not in text
    numbers = json.loads((tmp_path / "out" / "search.json").read_text())
    assert len(numbers["measured"]) == len(contestants(structure("skip"))) * 2 * 2 + 2 * 2
    assert (tmp_path / "out" / "search.png").stat().st_size < 150_000
    with pytest.raises(ArllieError, match=r"not the pictures that found\.json was searched on"):
        make_page(make_scenes(tmp_path / "other", 9, width=50, height=50), tmp_path / "out", result, workers=1)
