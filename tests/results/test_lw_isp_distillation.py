import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch
from support.pictures import make_pairs

from arllie_deploy import ArllieError
from arllie_deploy.models.lw_isp.config import LwIspConfig
from arllie_deploy.models.lw_isp.distillation import Teacher
from arllie_deploy.networks import network_file
from arllie_deploy.networks.network import Figures, Network
from arllie_deploy.results import lw_isp_distillation as distillation
from arllie_deploy.results.lw_isp_distillation import (
    ARMS,
    SEEDS,
    Arm,
    distillation_part,
    run,
    student_recipe,
    teach,
    teacher_file,
    teacher_recipe,
)
from arllie_deploy.results.short_trainings import Measured
from arllie_deploy.training.data import Split, find_clean_to_learn
from arllie_deploy.training.network_task import NetworkTask

FILE = Path("teacher.safetensors")


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Split:
    samples = find_clean_to_learn(make_pairs(tmp_path_factory.mktemp("pairs"), 5, width=72, height=64))
    return Split(samples[:4], samples[4:])


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory, split: Split) -> Path:
    """With its first weights, and without the graphs, which no training reads."""
    folder = tmp_path_factory.mktemp("teacher")
    made = NetworkTask(teacher_recipe(), split, (), torch.device("cpu")).to_model({"validation": {"psnr_db": 31.25}})
    facts = {field.name: getattr(made, field.name) for field in fields(made) if field.name != "state"}
    network = Network(**facts, weights=FILE, sha256="", figures=Figures(None, 1, 1.0, 1))
    return network_file.save(network, made.state, b"", folder / FILE).weights


def made_up(ratios: dict[str, list[float]]) -> list[Measured]:
    return [
        Measured(name, seed, {"teacher": {"file": "/somewhere"}}, "d1", ratio, ratio / 30, 0.0, 60.0)
        for name, values in ratios.items()
        for seed, ratio in enumerate(values)
    ]


def test_the_rows_differ_in_their_teacher_alone() -> None:
    assert len(SEEDS) >= 3
    reference, *taught = (student_recipe(arm, SEEDS[0], FILE) for arm in ARMS)
    assert reference.teacher.file == ""
    assert reference.steps == teacher_recipe().steps <= 400
    for arm, recipe in zip(ARMS[1:], taught, strict=True):
        assert (recipe.teacher.file, recipe.teacher.features, recipe.teacher.reconstruction) == (
            str(FILE),
            arm.features,
            arm.reconstruction,
        )
        assert replace(recipe, teacher=reference.teacher) == reference


def test_the_teacher_is_the_students() -> None:
    student = LwIspConfig.from_json(student_recipe(ARMS[0], 0, FILE).network.arguments)
    with torch.device("meta"):
        wanted = Teacher(student).network.config
    assert LwIspConfig.from_json(teacher_recipe().network.arguments) == wanted


def test_a_finished_training_is_not_repeated_and_one_of_another_teacher_is_refused(
    split: Split, teacher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distillation, "_STEPS", 3)
    arms = (ARMS[0], ARMS[1])
    first = run(arms, [1], split, teacher, tmp_path)
    assert [(one.arm, one.seed) for one in first] == [("reference", 1), ("both", 1)]
    assert first[0].psnr_db != first[1].psnr_db
    file = tmp_path / "both-1.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "psnr_db": 12.5}))
    assert [one.psnr_db for one in run(arms, [1], split, teacher, tmp_path)] == [first[0].psnr_db, 12.5]
    with pytest.raises(ArllieError, match=r"both-1\.json: a result of another recipe or other pictures"):
        run(arms, [1], split, teacher.with_name("another.safetensors"), tmp_path)


def test_a_teacher_of_another_recipe_has_another_name(
    split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = teacher_file(split, tmp_path)
    assert before == teacher_file(split, tmp_path)
    assert before != teacher_file(Split(split.train[1:], split.validation), tmp_path)
    monkeypatch.setattr(distillation, "_STEPS", 7)
    assert before != teacher_file(split, tmp_path)


def test_a_teacher_that_is_there_is_not_trained_again(split: Split, teacher: Path, tmp_path: Path) -> None:
    there = teacher_file(split, tmp_path)
    there.write_bytes(teacher.read_bytes())
    assert teach(split, tmp_path) == there
    assert there.read_bytes() == teacher.read_bytes()
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_trained_teacher_is_packaged_and_teaches(
    split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distillation, "_STEPS", 1)
    made = teach(split, tmp_path)
    network = network_file.load(made)
    assert (network.channels, network.scale, network.arguments["shortcuts"]) == (12, 2, "inner")
    assert network.provenance["recipe"]["steps"] == 1
    [found] = run([Arm("both", "", 0.1, 0.1)], [1], split, made, tmp_path)
    assert 0.0 < found.psnr_db < 60.0


def test_the_section_has_every_row_with_its_difference(teacher: Path) -> None:
    ratios = {arm.name: [20.0, 21.0, 22.0] for arm in ARMS} | {"both": [20.5, 21.5, 22.6]}
    text = distillation_part(made_up(ratios), teacher)
    assert "| without a teacher | 21.00 ± 1.00 |  |  | 0.7000 ± 0.0333 |" in text
    assert "| features and reconstruction | 21.53 ± 1.05 | 0.53 ± 0.06 | better |" in text
    assert "| features alone | 21.00 ± 1.00 | 0.00 ± 0.00 | not told apart |" in text
    assert "31.25 dB" in text
    assert "12 minutes of one core" in text
    assert "same 3 seeds" in text
