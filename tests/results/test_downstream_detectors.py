import numpy as np
import pytest

from arllie_deploy.quality.sensor import Darkening, record
from arllie_deploy.results.downstream.detectors import Outcome, compare
from arllie_deploy.results.downstream.scene import HEIGHT, WIDTH, Box, Target
from arllie_deploy.results.downstream.subjects import SUBJECTS

NAMES = pytest.mark.parametrize("name", SUBJECTS)
BOX, ASIDE = Box(0, 0, 10, 10), Box(3, 0, 13, 10)
FAR = Box(100, 100, 110, 110)


def test_a_finding_counts_by_its_label_and_its_place() -> None:
    targets = [Target("a", BOX), Target("b", FAR)]
    assert compare(targets, [Target("a", ASIDE)]) == Outcome((True, False), 0)
    assert compare(targets, [Target("b", ASIDE), Target("a", FAR)]) == Outcome((False, False), 2)
    assert compare(targets, []) == Outcome((False, False), 0)
    assert compare([], [Target("a", BOX)]) == Outcome((), 1)


def test_a_target_that_is_found_twice_counts_once_and_is_not_false() -> None:
    assert compare([Target("a", BOX)], [Target("a", BOX), Target("a", ASIDE)]) == Outcome((True,), 0)


@NAMES
def test_a_detector_finds_what_was_put_into_well_lit_scenes(name: str) -> None:
    row = SUBJECTS[name]
    found: list[bool] = []
    for index in range(3):
        scene = row.make(index, np.random.default_rng(index))
        outcome = compare(scene.targets, row.find(record(scene.light, Darkening(0.0), index)))
        found += outcome.found
        assert outcome.false <= 1
    assert np.mean(found) >= 0.75


@NAMES
def test_a_detector_finds_nothing_in_nothing(name: str) -> None:
    for level in (0, 90, 255):
        assert SUBJECTS[name].find(np.full((HEIGHT, WIDTH, 3), level, np.uint8)) == []


@NAMES
def test_scenes_differ_and_their_generator_decides_them(name: str) -> None:
    make = SUBJECTS[name].make
    scenes = [make(index, np.random.default_rng(index)) for index in (0, 1)]
    again = make(0, np.random.default_rng(0))
    assert (again.light == scenes[0].light).all()
    assert again.targets == scenes[0].targets
    assert scenes[0].targets != scenes[1].targets
    assert (scenes[0].light != scenes[1].light).any()


def test_the_study_is_large_enough() -> None:
    assert SUBJECTS["qr"].scenes >= 40
    assert SUBJECTS["apriltag"].scenes >= 40
    faces = SUBJECTS["face"]
    targets = len(faces.make(0, np.random.default_rng(0)).targets)
    assert faces.scenes * targets == 100
