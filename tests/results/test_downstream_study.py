import json
from dataclasses import replace
from functools import cache

import pytest

from arllie_deploy.quality.sensor import NOISELESS, PHONE
from arllie_deploy.results.downstream.contestants import BASELINE
from arllie_deploy.results.downstream.study import Count, Plan, judge_scene, run, to_json

PLAN = Plan({"qr": 2, "apriltag": 2, "face": 1}, (0, -6), (BASELINE, "gain", "arllie-lol"))
TAGS = replace(PLAN, subjects={"apriltag": 2})


@cache
def counts() -> list[Count]:
    return run(PLAN, 1)


def test_every_subject_is_counted_at_every_exposure_after_every_contestant() -> None:
    keys = [(count.subject, count.ev, count.contestant) for count in counts()]
    assert keys == [(s, ev, c) for s in PLAN.subjects for ev in PLAN.exposures for c in PLAN.contestants]
    assert {(count.subject, count.total) for count in counts()} == {("qr", 2), ("apriltag", 2), ("face", 4)}


def test_what_is_won_and_lost_is_the_difference_to_the_baseline() -> None:
    baseline = {(count.subject, count.ev): count.found for count in counts() if count.contestant == BASELINE}
    for count in counts():
        assert 0 <= count.found <= count.total
        assert count.found - baseline[count.subject, count.ev] == count.won - count.lost
        assert count.contestant != BASELINE or count.won == count.lost == 0


def test_good_light_is_read_without_help() -> None:
    for count in counts():
        if (count.ev, count.contestant) == (0, BASELINE):
            assert count.rate >= 0.5


def test_the_seed_decides_the_counts_and_the_processes_do_not() -> None:
    first = judge_scene(PLAN, "face", 0)
    assert first == judge_scene(PLAN, "face", 0)
    assert run(TAGS, 2) == [count for count in counts() if count.subject == "apriltag"]


def test_a_subjects_scenes_do_not_depend_on_the_other_subjects() -> None:
    assert run(TAGS, 1) == [count for count in counts() if count.subject == "apriltag"]


def test_noise_is_what_makes_the_darkest_frames_unreadable() -> None:
    plan = Plan({"apriltag": 4}, (-7,), (BASELINE,))
    noisy, clean = (run(replace(plan, sensor=sensor), 1)[0].found for sensor in (PHONE, NOISELESS))
    assert noisy < clean


def test_the_plan_and_the_counts_are_json() -> None:
    read = json.loads(json.dumps(to_json(PLAN, counts()), allow_nan=False))
    assert [Count(**count) for count in read["counts"]] == counts()
    assert read["plan"]["sensor"] == {"shot": pytest.approx(4 / 6000), "read": pytest.approx(8 / 6000)}
    assert (read["plan"]["seed"], read["plan"]["exposures"]) == (0, [0, -6])
