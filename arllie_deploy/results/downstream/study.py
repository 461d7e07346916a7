"""The study: every scene at every exposure, before and after every enhancer, counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np

from arllie_deploy.quality.sensor import PHONE, Darkening, Sensor, record
from arllie_deploy.results.downstream.contestants import BASELINE, enhancer_of
from arllie_deploy.results.downstream.detectors import Outcome, compare
from arllie_deploy.results.downstream.subjects import SUBJECTS

EXPOSURES = (0, -1, -2, -3, -4, -5, -6, -7)
# The illuminant's red and blue against its green, in stops either way.
_ILLUMINANT_STOPS = 0.4

# (exposure, contestant) -> what was found in one scene.
Outcomes = dict[tuple[int, str], Outcome]


@dataclass(frozen=True)
class Plan:
    """What is run.

    Attributes:
        subjects: name -> how many of its scenes.
        exposures: in EV, 0 or below.
        contestants: names; the baseline is among them.
        seed: of scenes and noise.
        sensor: the noise.
    """

    subjects: Mapping[str, int]
    exposures: Sequence[int]
    contestants: Sequence[str]
    seed: int = 0
    sensor: Sensor = PHONE


Job = tuple[Plan, str, int]


@dataclass(frozen=True)
class Count:
    """The targets of one subject at one exposure after one enhancer.

    Attributes:
        subject: its name.
        ev: the exposure.
        contestant: its name.
        found: targets found.
        total: targets there were.
        false: findings that were no target.
        won: targets found that were not found without enhancement.
        lost: targets not found that were found without enhancement.
    """

    subject: str
    ev: int
    contestant: str
    found: int
    total: int
    false: int
    won: int
    lost: int

    @property
    def rate(self) -> float:
        """Share of the targets found."""
        return self.found / self.total


def run(plan: Plan, workers: int) -> list[Count]:
    """Run the plan in `workers` processes; the counts do not depend on how many."""
    jobs = [(plan, name, index) for name, scenes in plan.subjects.items() for index in range(scenes)]
    judged = _judge_all(jobs, workers)
    counts = []
    for name in plan.subjects:
        scenes = [outcomes for (_, subject, _), outcomes in zip(jobs, judged, strict=True) if subject == name]
        counts += list(_count(plan, name, scenes))
    return counts


def to_json(plan: Plan, counts: Sequence[Count]) -> dict[str, Any]:
    """The plan and the counts as JSON values."""
    return {"plan": asdict(plan), "counts": [asdict(count) for count in counts]}


def judge_scene(plan: Plan, subject: str, index: int) -> Outcomes:
    """What the detector finds in one scene, by exposure and contestant; all contestants see the same noisy frame."""
    row = SUBJECTS[subject]
    # A name's place in the table must not decide its scenes.
    stream = [plan.seed, *subject.encode(), index]
    rng = np.random.default_rng([*stream, 0])
    scene = row.make(index, rng)
    red, blue = np.exp2(rng.uniform(-_ILLUMINANT_STOPS, _ILLUMINANT_STOPS, 2))
    outcomes = {}
    for ev in plan.exposures:
        darkening = Darkening(ev, (float(red), 1.0, float(blue)), plan.sensor)
        frame = record(scene.light, darkening, [*stream, 1 - ev])
        for name in plan.contestants:
            outcomes[ev, name] = compare(scene.targets, row.find(enhancer_of(name)(frame)))
    return outcomes


def _judge_all(jobs: Sequence[Job], workers: int) -> list[Outcomes]:
    if workers == 1:
        return [judge_scene(*job) for job in jobs]
    # Fresh processes, because a fork copies the locks of OpenCV's and the runtime's threads.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_keep_to_one_core) as pool:
        return list(pool.map(_judge, jobs))


def _keep_to_one_core() -> None:
    import cv2

    cv2.setNumThreads(1)


def _judge(job: Job) -> Outcomes:
    return judge_scene(*job)


def _count(plan: Plan, subject: str, scenes: Sequence[Outcomes]) -> Iterator[Count]:
    for ev in plan.exposures:
        before = _flags(scenes, ev, BASELINE)
        for name in plan.contestants:
            after = _flags(scenes, ev, name)
            pairs = list(zip(before, after, strict=True))
            yield Count(
                subject=subject,
                ev=ev,
                contestant=name,
                found=sum(after),
                total=len(after),
                false=sum(outcomes[ev, name].false for outcomes in scenes),
                won=sum(now and not then for then, now in pairs),
                lost=sum(then and not now for then, now in pairs),
            )


def _flags(scenes: Sequence[Outcomes], ev: int, contestant: str) -> list[bool]:
    return [found for outcomes in scenes for found in outcomes[ev, contestant].found]
