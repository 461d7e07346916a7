"""The proposals of a search as trials of an Optuna study that several processes and machines can share.

Every proposal is put into the queue once, with its hyper-parameters; whoever is free takes the next. What a proposal
gives depends on its number alone, so it does not matter who works on it, or how often it was begun.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from arllie_deploy.errors import ArllieError
from arllie_deploy.reparam.structure import Structure
from arllie_deploy.search.bilevel import TierHistory
from arllie_deploy.search.judge import Judgment, Score
from arllie_deploy.search.lease import RENEW_S, Lease, read_lease
from arllie_deploy.search.proposal import Proposal
from arllie_deploy.search.settings import SearchSettings
from arllie_deploy.search.storage import damaged_study, shown

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

VERSION = 1
# A proposal that took its process down so often is not tried again.
_ATTEMPTS = 3


@dataclass(frozen=True)
class Finished:
    """A proposal that was searched and judged."""

    number: int
    proposal: Proposal
    judgment: Judgment
    seconds: float


@dataclass(frozen=True)
class Failed:
    """A proposal that gave nothing."""

    number: int
    reason: str


@dataclass(frozen=True)
class Standing:
    """Where a study stands; `open` proposals are waiting, or other processes are at work on them."""

    finished: tuple[Finished, ...]
    failed: tuple[Failed, ...]
    open: int

    @property
    def best(self) -> Finished | None:
        """The lowest mean loss; the first of equals."""
        return min(self.finished, key=lambda one: (one.judgment.loss, one.number), default=None)


class ProposalQueue:
    """The proposals 0 … `proposals` − 1 of one study.

    Args:
        study: as `create_queue` or `join_queue` opened it.
        settings: of the search.
        proposals: how many are wanted.
        place: of the storage, for messages.
    """

    def __init__(self, study: Study, settings: SearchSettings, proposals: int, place: str) -> None:
        self._study, self._settings, self._proposals, self._place = study, settings, proposals, place
        self._renewed = 0.0
        self._fill()

    def take(self) -> tuple[Trial, int] | None:
        """The next proposal, with its trial; None when none is left for this process."""
        from optuna.trial import TrialState

        for attempt in range(2):
            while self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
                trial = self._study.ask()
                number = trial.user_attrs.get("proposal")
                if number is not None:
                    self._begin(trial)
                    return trial, int(number)
                # Another process took the last waiting one in between, and Optuna made up a new trial.
                self._study.tell(trial, state=TrialState.PRUNED)
            if attempt == 0:
                self._fill()
        return None

    def renew(self, trial: Trial) -> None:
        """Say that this process still works on `trial`; cheap, to be called often."""
        if time.monotonic() - self._renewed > RENEW_S:
            self._renewed = time.monotonic()
            with _unless_closed():
                trial.set_user_attr("lease", Lease.of_this_process().to_json())

    def finish(self, trial: Trial, finished: Finished) -> None:
        """Record a result, unless the trial was given to somebody else meanwhile."""
        with _unless_closed():
            trial.set_user_attr("structure", finished.proposal.structure.to_json())
            trial.set_user_attr("scores", [score.to_json() for score in finished.judgment.scores])
            trial.set_user_attr("histories", [asdict(history) for history in finished.proposal.histories])
            trial.set_user_attr("seconds", round(finished.seconds, 1))
            self._study.tell(trial, finished.judgment.loss, skip_if_finished=True)

    def fail(self, trial: Trial, reason: str) -> None:
        """Record that the proposal cannot be searched; it is not tried again."""
        self._close(trial, "reason", reason)

    def give_back(self, trial: Trial) -> None:
        """Leave the proposal to whoever goes on with the study."""
        self._close(trial, "given_back", True)

    def standing(self) -> Standing:
        """What is there now; raises `ArllieError` if the study's content makes no sense."""
        from optuna.trial import TrialState

        finished: dict[int, Finished] = {}
        failed: dict[int, Failed] = {}
        for trial in self._trials():
            number = int(trial.user_attrs["proposal"])
            if trial.state == TrialState.COMPLETE:
                finished[number] = self._read(number, trial)
            elif reason := self._lost(trial):
                failed[number] = Failed(number, reason)
        left = {number for number in failed if number not in finished}
        known = (tuple(finished[n] for n in sorted(finished)), tuple(failed[n] for n in sorted(left)))
        return Standing(*known, open=max(0, self._proposals - len(finished) - len(left)))

    def _fill(self) -> None:
        """Queue every proposal that nobody has done, is at work on, or has given up."""
        self._release_dead()
        taken = {int(trial.user_attrs["proposal"]) for trial in self._trials() if self._is_settled(trial)}
        for number in range(self._proposals):
            if number not in taken:
                chosen = self._settings.hyper_parameters(number).to_json()
                attributes = {"proposal": number, "seed": chosen.pop("seed")}
                self._study.enqueue_trial(chosen, user_attrs=attributes)

    def _release_dead(self) -> None:
        """Close the trials whose process has died."""
        from optuna.trial import TrialState

        for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            lease = read_lease(trial.user_attrs.get("lease"))
            if lease is None:  # killed between taking the trial and signing it, or signing it just now
                age = time.time() - trial.datetime_start.timestamp() if trial.datetime_start else RENEW_S
                held = age < RENEW_S / 2
            else:
                held = lease.is_held()
            if not held:
                with _unless_closed():
                    self._study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)

    def _is_settled(self, trial: FrozenTrial) -> bool:
        from optuna.trial import TrialState

        return trial.state != TrialState.FAIL or self._lost(trial) is not None

    def _lost(self, trial: FrozenTrial) -> str | None:
        """Why the proposal of a trial is given up; None if it is not."""
        from optuna.trial import TrialState

        if trial.state != TrialState.FAIL:
            return None
        if reason := trial.user_attrs.get("reason"):
            return str(reason)
        number = trial.user_attrs["proposal"]
        deaths = [
            other
            for other in self._trials()
            if other.state == TrialState.FAIL
            and other.user_attrs["proposal"] == number
            and not other.user_attrs.get("given_back")
        ]
        return f"its process died {len(deaths)} times" if len(deaths) >= _ATTEMPTS else None

    def _trials(self) -> list[FrozenTrial]:
        trials = self._study.get_trials(deepcopy=False)
        return [trial for trial in trials if isinstance(trial.user_attrs.get("proposal"), int)]

    def _begin(self, trial: Trial) -> None:
        """Sign the trial and register its hyper-parameters, which the queue has fixed."""
        trial.set_user_attr("lease", Lease.of_this_process().to_json())
        self._renewed = time.monotonic()
        trial.suggest_int("mid_width", 1, 64)
        trial.suggest_float("learning_rate", 1e-6, 1.0, log=True)
        trial.suggest_float("architecture_rate", 1e-6, 1.0, log=True)

    def _close(self, trial: Trial, attribute: str, value: object) -> None:
        from optuna.trial import TrialState

        with _unless_closed():
            trial.set_user_attr(attribute, value)
            self._study.tell(trial, state=TrialState.FAIL, skip_if_finished=True)

    def _read(self, number: int, trial: FrozenTrial) -> Finished:
        facts = trial.user_attrs
        try:
            structure = Structure.from_json(facts["structure"])
            histories = tuple(
                TierHistory(**{**one, "candidates": tuple(one["candidates"]), "steps": tuple(one["steps"])})
                for one in facts["histories"]
            )
            judgment = Judgment(tuple(Score(**score) for score in facts["scores"]))
            return Finished(number, Proposal(structure, histories), judgment, float(facts["seconds"]))
        except (KeyError, TypeError, ValueError, ArllieError):
            raise damaged_study(self._place) from None


def create_queue(
    storage: BaseStorage, name: str, place: str, settings: SearchSettings, data: str, proposals: int
) -> ProposalQueue:
    """Begin a study; raises `ArllieError` if `storage` has one of this name."""
    import optuna

    _quiet()
    try:
        study = optuna.create_study(storage=storage, study_name=name, sampler=optuna.samplers.RandomSampler(seed=0))
    except optuna.exceptions.DuplicatedStudyError:
        where = f"{shown(place)} holds the study {name!r} already"
        raise ArllieError(f"{where}; go on with --resume or start over with --force") from None
    study.set_user_attr("search", {"version": VERSION, "settings": settings.to_json(), "data": data})
    return ProposalQueue(study, settings, proposals, place)


def join_queue(
    storage: BaseStorage, name: str, place: str, settings: SearchSettings, data: str, proposals: int
) -> ProposalQueue:
    """Go on with a study, alone or beside others.

    Raises:
        ArllieError: if there is none, it is damaged, or it belongs to another version, other settings or other data.
    """
    import optuna

    _quiet()
    try:
        study = optuna.load_study(study_name=name, storage=storage, sampler=optuna.samplers.RandomSampler(seed=0))
    except KeyError:
        raise ArllieError(f"{shown(place)}: no study {name!r} to resume; start without --resume") from None
    facts = study.user_attrs.get("search")
    if not isinstance(facts, dict):
        raise damaged_study(place)
    if facts.get("version") != VERSION:
        raise ArllieError(f"{shown(place)}: a study of another version of this program; start over with --force")
    if facts.get("settings") != settings.to_json():
        difference = _difference(facts.get("settings"), settings.to_json())
        raise ArllieError(f"{shown(place)}: belongs to another search ({difference}); give that, or --force")
    if facts.get("data") != data:
        raise ArllieError(f"{shown(place)}: belongs to other pictures or another split; start over with --force")
    return ProposalQueue(study, settings, proposals, place)


@contextmanager
def _unless_closed() -> Iterator[None]:
    """Go on quietly if another process closed the trial because it took this one for dead."""
    from optuna.exceptions import UpdateFinishedTrialError

    with suppress(UpdateFinishedTrialError):
        yield


def _difference(old: Any, new: dict[str, Any], prefix: str = "") -> str:
    old = old if isinstance(old, dict) else {}
    for key in {**old, **new}:
        if old.get(key) != new.get(key):
            if isinstance(new.get(key), dict):
                return _difference(old.get(key), new[key], f"{prefix}{key}.")
            return f"{prefix}{key} was {old.get(key)!r}, is {new.get(key)!r}"
    return "nothing"


def _quiet() -> None:
    """Optuna writes to stderr of its own accord; there, only our one line is wanted."""
    import optuna

    optuna.logging.disable_default_handler()
