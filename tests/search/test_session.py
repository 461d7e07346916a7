import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from support.searches import TINY, make_scenes, scenes_of, search_here

from arllie_deploy import ArllieError, CheckFailedError
from arllie_deploy.search import session
from arllie_deploy.search.lease import LEASE_S, Lease
from arllie_deploy.search.proposal_queue import VERSION
from arllie_deploy.search.result import to_json
from arllie_deploy.search.session import Outcome, Progress
from arllie_deploy.search.settings import HyperParameters
from arllie_deploy.search.storage import open_storage

RUN_AND_DIE = """
import os, signal, sys
from pathlib import Path
from support.searches import search_here

def report(now):
    if (now.proposal, now.stage) == (1, "cell"):
        os.kill(os.getpid(), signal.SIGKILL)

search_here(Path(sys.argv[1]), Path(sys.argv[2]), report=report)
"""


Facts = Callable[[Outcome], dict[str, Any]]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_scenes(tmp_path_factory.mktemp("pairs"))


@pytest.fixture(scope="module")
def whole(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """An uninterrupted search."""
    return search_here(data, tmp_path_factory.mktemp("whole") / "study.journal")


@pytest.fixture
def facts(data: Path) -> Facts:
    """The result without what the clock decides."""
    scenes = scenes_of(data)

    def of(outcome: Outcome) -> dict[str, Any]:
        result = to_json(outcome, scenes, TINY)
        del result["seconds"]
        for trial in result["trials"]:
            trial.pop("seconds", None)
        return result

    return of


def study_of(journal: Path) -> optuna.Study:
    return optuna.load_study(study_name="tiny", storage=open_storage(str(journal)))


def test_the_lowest_mean_loss_is_kept_and_all_were_judged_alike(whole: Outcome, facts: Facts) -> None:
    result = facts(whole)
    losses = {trial["proposal"]: trial["judged"]["mean_loss"] for trial in result["trials"]}
    assert losses.keys() == {0, 1, 2}
    assert result["proposal"] == min(losses, key=lambda number: (losses[number], number))
    seeds = {tuple(score["seed"] for score in trial["judged"]["scores"]) for trial in result["trials"]}
    assert seeds == {TINY.judge_seeds()}
    assert [score["seed"] for score in result["tested"]["scores"]] == list(TINY.test_seeds())
    assert result["complete"]
    json.dumps(result, allow_nan=False)


def test_the_same_seed_gives_the_same_result_in_a_fresh_study(
    data: Path, whole: Outcome, facts: Facts, tmp_path: Path
) -> None:
    assert facts(search_here(data, tmp_path / "again.journal")) == facts(whole)


def test_a_search_killed_in_the_middle_of_a_trial_comes_to_the_same_result(
    data: Path, whole: Outcome, facts: Facts, tmp_path: Path
) -> None:
    journal = tmp_path / "study.journal"
    child = subprocess.run(
        [sys.executable, "-P", "-c", RUN_AND_DIE, str(data), str(journal)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == -9, child.stderr
    with journal.open("ab") as file:
        file.write(b'{"op_code":5,"wor')  # as if it had died while writing
    states = [trial.state.name for trial in study_of(journal).get_trials()]
    assert states == ["COMPLETE", "RUNNING", "WAITING"]
    assert facts(search_here(data, journal, resume=True)) == facts(whole)
    states = [trial.state.name for trial in study_of(journal).get_trials()]
    assert states == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]


def test_an_interrupted_search_goes_on(data: Path, whole: Outcome, facts: Facts, tmp_path: Path) -> None:
    def interrupt(now: Progress) -> None:
        if (now.proposal, now.stage) == (1, "judge"):
            raise KeyboardInterrupt

    for attempt in range(4):  # more often than a proposal may take its process down
        with pytest.raises(KeyboardInterrupt):
            search_here(data, tmp_path / "study.journal", resume=attempt > 0, report=interrupt)
    assert facts(search_here(data, tmp_path / "study.journal", resume=True)) == facts(whole)


def test_more_trials_can_be_asked_for_later(data: Path, whole: Outcome, facts: Facts, tmp_path: Path) -> None:
    search_here(data, tmp_path / "study.journal", proposals=1)
    assert facts(search_here(data, tmp_path / "study.journal", resume=True)) == facts(whole)


def test_a_trial_that_crashes_costs_only_itself(
    data: Path, whole: Outcome, facts: Facts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = session.propose

    def crash(scenes: Any, store: Any, settings: Any, chosen: HyperParameters, report: Any) -> Any:
        if chosen == TINY.hyper_parameters(1):
            raise RuntimeError("out of luck")
        return real(scenes, store, settings, chosen, report)

    monkeypatch.setattr(session, "propose", crash)
    found = facts(search_here(data, tmp_path / "study.journal"))
    assert found["trials"][1] == {"proposal": 1, "state": "failed", "reason": "RuntimeError: out of luck"}
    expected = facts(whole)["trials"]
    assert [found["trials"][0], found["trials"][2]] == [expected[0], expected[2]]
    assert found["complete"]


def test_a_search_in_which_every_trial_fails_says_why(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any) -> Any:
        raise CheckFailedError("the loss is not finite")

    monkeypatch.setattr(session, "propose", crash)
    with pytest.raises(CheckFailedError, match="all 3 trials failed; the first, 0: CheckFailedError: the loss is not"):
        search_here(data, tmp_path / "study.journal")


def test_a_proposal_that_keeps_killing_its_process_is_given_up(data: Path, facts: Facts, tmp_path: Path) -> None:
    journal = tmp_path / "study.journal"
    search_here(data, journal, proposals=1)
    gone = Lease(place=Lease.of_this_process().place, process=2**22 + 1, started=1, renewed=time.time())
    for _ in range(3):
        study = study_of(journal)
        study.enqueue_trial({}, user_attrs={"proposal": 1})
        study.ask().set_user_attr("lease", gone.to_json())
    found = facts(search_here(data, journal, proposals=2, resume=True))
    assert found["trials"][1] == {"proposal": 1, "state": "failed", "reason": "its process died 3 times"}


def test_a_trial_that_another_machine_works_on_is_left_alone_until_its_lease_runs_out(
    data: Path, facts: Facts, tmp_path: Path
) -> None:
    journal = tmp_path / "study.journal"
    search_here(data, journal, proposals=1)
    study = study_of(journal)
    study.enqueue_trial(TINY.hyper_parameters(1).to_json(), user_attrs={"proposal": 1})
    elsewhere, now = study.ask(), time.time()
    elsewhere.set_user_attr("lease", Lease("another machine", 1, 1, now - LEASE_S / 2).to_json())
    found = facts(search_here(data, journal, proposals=2, resume=True))
    assert [trial["proposal"] for trial in found["trials"]] == [0]
    assert not found["complete"]
    elsewhere.set_user_attr("lease", Lease("another machine", 1, 1, now - LEASE_S - 1).to_json())
    assert facts(search_here(data, journal, proposals=2, resume=True))["complete"]


def test_another_version_is_refused(data: Path, tmp_path: Path) -> None:
    journal = tmp_path / "study.journal"
    search_here(data, journal, proposals=1)
    study = study_of(journal)
    study.set_user_attr("search", {**study.user_attrs["search"], "version": VERSION + 1})
    with pytest.raises(ArllieError, match="a study of another version of this program; start over with --force"):
        search_here(data, journal, resume=True)
    search_here(data, journal, proposals=1, force=True)


def test_other_settings_other_pictures_and_no_study_are_refused(data: Path, tmp_path: Path) -> None:
    journal = tmp_path / "study.journal"
    with pytest.raises(ArllieError, match="no study to resume"):
        search_here(data, journal, resume=True)
    search_here(data, journal, proposals=1)
    with pytest.raises(ArllieError, match="go on with --resume or start over with --force"):
        search_here(data, journal)
    other = replace(TINY, training=replace(TINY.training, steps=4))
    with pytest.raises(ArllieError, match=r"another search \(training\.steps was 1, is 4\)"):
        search_here(data, journal, other, resume=True)
    with pytest.raises(ArllieError, match="other pictures or another split"):
        search_here(make_scenes(tmp_path / "other", 9), journal, resume=True)


def test_a_damaged_study_is_refused(data: Path, tmp_path: Path) -> None:
    journal = tmp_path / "study.journal"
    search_here(data, journal, proposals=1)
    lines = journal.read_bytes().splitlines(keepends=True)
    structure = next(n for n, line in enumerate(lines) if b'"structure":{' in line)
    damages = {
        "torn in the middle": [*lines[:5], lines[5][:9] + b"\n", *lines[6:]],
        "no settings": [line for line in lines if b'"search"' not in line],
        "a strange structure": [
            *lines[:structure],
            lines[structure].replace(b"mid_width", b"x"),
            *lines[structure + 1 :],
        ],
    }
    for content in damages.values():
        journal.write_bytes(b"".join(content))
        with pytest.raises(ArllieError, match="a damaged study; start over with --force"):
            search_here(data, journal, proposals=1, resume=True)
    journal.write_bytes(b"a letter")
    for options in ({"resume": True}, {"force": True}):
        with pytest.raises(ArllieError, match="not a study"):
            search_here(data, journal, **options)
    assert journal.read_bytes() == b"a letter"


def test_a_database_holds_the_study_as_well(data: Path, whole: Outcome, facts: Facts, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/study.db"

    def run(**options: Any) -> Outcome:
        place = session.StudyPlace(url, "tiny")
        given = {"resume": False, "force": False, "report": lambda _: None, **options}
        return session.search(scenes_of(data), TINY, given.pop("proposals", 3), place, **given)

    run(proposals=1)
    with pytest.raises(ArllieError, match="go on with --resume or start over with --force"):
        run()
    assert facts(run(resume=True)) == facts(whole)
    assert len(run(proposals=1, force=True).standing.finished) == 1


def test_wrong_numbers_are_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="0 trials; at least 1"):
        search_here(data, tmp_path / "study.journal", proposals=0)
    with pytest.raises(ArllieError, match="at least 3 are needed"):
        replace(TINY, judges=2)
    with pytest.raises(ArllieError, match="the budget is 0 steps"):
        replace(TINY.training, steps=0)
