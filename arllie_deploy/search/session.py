"""A whole search: take proposals until none is left, keep the best, and test it on scenes that nothing has seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from arllie_deploy.errors import ArllieError, CheckFailedError
from arllie_deploy.search.judge import Judgment, judge
from arllie_deploy.search.proposal import TIERS, propose
from arllie_deploy.search.proposal_queue import (
    Finished,
    ProposalQueue,
    Standing,
    create_queue,
    join_queue,
)
from arllie_deploy.search.scenes import Scenes
from arllie_deploy.search.settings import SearchSettings
from arllie_deploy.search.storage import is_url, open_storage, remove_journal
from arllie_deploy.training.data import FrameStore


@dataclass(frozen=True)
class StudyPlace:
    """Where the study is: `storage` is a database URL or the path of a journal, `name` is the study's in it."""

    storage: str
    name: str


@dataclass(frozen=True)
class Progress:
    """What a progress bar shows; `done` of `total` optimizer steps over all proposals of the study."""

    done: int
    total: int
    proposal: int
    stage: str
    best_loss: float | None


@dataclass(frozen=True)
class Outcome:
    """What a search came to.

    Attributes:
        kept: the proposal with the lowest mean loss.
        tested: the kept structure, trained with other seeds, on scenes that neither search nor choice has seen.
        standing: every proposal.
        seconds: that this process took.
    """

    kept: Finished
    tested: Judgment
    standing: Standing
    seconds: float


def search(
    scenes: Scenes,
    settings: SearchSettings,
    proposals: int,
    place: StudyPlace,
    *,
    resume: bool,
    force: bool,
    report: Callable[[Progress], None],
) -> Outcome:
    """Run or go on with a study, on one thread; start it once more with `resume` to use another core or machine.

    Args:
        scenes: of `split_scenes` with the settings' seed.
        settings: of the search.
        proposals: how many are wanted in all.
        place: of the study.
        resume: go on with the study that is there.
        force: replace it.
        report: told of every step.

    Raises:
        ArllieError: if the study cannot be begun or continued.
        CheckFailedError: if no proposal could be searched.
    """
    if proposals < 1:
        raise ArllieError(f"{proposals} trials; at least 1 is needed")
    started = time.monotonic()
    queue = _open_queue(place, settings, scenes.sha256, proposals, resume=resume, force=force)
    store = FrameStore()
    with _one_thread():
        _work(queue, scenes, store, settings, proposals, report)
        standing = queue.standing()
        if standing.best is None:
            raise CheckFailedError(_nothing_found(standing))
        kept = standing.best
        tested = judge(
            kept.proposal.structure,
            scenes.learned,
            scenes.tested,
            store,
            settings.training,
            settings.test_seeds(),
            lambda _: None,
        )
    return Outcome(kept, tested, standing, time.monotonic() - started)


def _open_queue(
    place: StudyPlace, settings: SearchSettings, data: str, proposals: int, *, resume: bool, force: bool
) -> ProposalQueue:
    if resume:
        if not is_url(place.storage) and not Path(place.storage).exists():
            raise ArllieError(f"{place.storage}: no study to resume; start without --resume")
        return join_queue(open_storage(place.storage), place.name, place.storage, settings, data, proposals)
    if force:
        _remove_study(place)
    return create_queue(open_storage(place.storage), place.name, place.storage, settings, data, proposals)


def _remove_study(place: StudyPlace) -> None:
    if not is_url(place.storage):
        remove_journal(Path(place.storage))
        return
    import optuna

    storage = open_storage(place.storage)
    if place.name in optuna.get_all_study_names(storage):
        optuna.delete_study(study_name=place.name, storage=storage)


def _work(
    queue: ProposalQueue,
    scenes: Scenes,
    store: FrameStore,
    settings: SearchSettings,
    proposals: int,
    report: Callable[[Progress], None],
) -> None:
    """Search and judge proposals until none is left for this process."""
    per_proposal = len(TIERS) * settings.tier_steps + settings.judges * settings.training.steps
    while taken := queue.take():
        trial, number = taken
        standing = queue.standing()
        best = None if standing.best is None else standing.best.judgment.loss
        before = (len(standing.finished) + len(standing.failed)) * per_proposal
        total = proposals * per_proposal

        def say(stage: str, done: int) -> None:
            queue.renew(trial)  # noqa: B023 - called within this turn of the loop only, as the other names
            report(Progress(before + done, total, number, stage, best))  # noqa: B023

        try:
            queue.finish(trial, _search_one(number, scenes, store, settings, say))
        except Exception as error:  # whatever it is, it costs this proposal only
            queue.fail(trial, f"{type(error).__name__}: {error}")
        except BaseException:
            queue.give_back(trial)
            raise


def _search_one(
    number: int, scenes: Scenes, store: FrameStore, settings: SearchSettings, say: Callable[[str, int], None]
) -> Finished:
    started = time.monotonic()

    def searched(tier: str, step: int) -> None:
        say(tier, TIERS.index(tier) * settings.tier_steps + step)

    proposal = propose(scenes, store, settings, settings.hyper_parameters(number), searched)
    judged = partial(judge, proposal.structure, scenes.learned, scenes.judged, store, settings.training)
    judgment = judged(settings.judge_seeds(), lambda step: say("judge", len(TIERS) * settings.tier_steps + step))
    return Finished(number, proposal, judgment, time.monotonic() - started)


def _nothing_found(standing: Standing) -> str:
    if standing.failed:
        first = standing.failed[0]
        return f"all {len(standing.failed)} trials failed; the first, {first.number}: {first.reason}"
    return "other processes are at work on all trials; wait for them, then go on with --resume"


@contextmanager
def _one_thread() -> Iterator[None]:
    """Steps this small are slower on several threads, and their number would change the last bits of the result."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
