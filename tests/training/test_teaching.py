"""A network in training under a teacher: heterogeneous distillation from the recipe to the written weights."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from support.pictures import make_pairs
from support.recipes import write_lw_isp_recipe, write_network_recipe

from arllie_deploy import ArllieError
from arllie_deploy.models.lw_isp.deploy import build_deployed
from arllie_deploy.networks import network_file
from arllie_deploy.networks.network import Figures, Network
from arllie_deploy.networks.network_file import load_state
from arllie_deploy.training.data import Split, find_clean_to_learn
from arllie_deploy.training.loop import Progress, run_task
from arllie_deploy.training.network_recipe import NetworkRun
from arllie_deploy.training.network_start import load_teaching
from arllie_deploy.training.network_task import NetworkTask
from arllie_deploy.training.recipe_file import read_recipe
from arllie_deploy.training.task import Share
from arllie_deploy.training.trained_network import TrainedNetwork

CPU = torch.device("cpu")
TEACHER = (
    ('head = "raw", width = 0.25', 'head = "packed", width = 0.5, shortcuts = "inner"'),
    ('"raw"\n', '"clean"\n'),
)


class KilledError(Exception):
    """Stands for a kill."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Split:
    samples = find_clean_to_learn(make_pairs(tmp_path_factory.mktemp("pairs"), 6, width=72, height=64))
    return Split(samples[:4], samples[4:])


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory, pictures: Split) -> Path:
    """A teacher's file with its first weights, without the graph of a real one, which no training reads."""
    folder = tmp_path_factory.mktemp("teacher")
    model = NetworkTask(recipe_of(folder, *TEACHER), pictures, (), CPU).to_model({})
    return save(model, folder / "teacher.safetensors")


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory, teacher: Path) -> NetworkRun:
    table = f'[teacher]\nfile = "{teacher}"\nfeatures = 0.3\nreconstruction = 0.2\n\n[loss]'
    return recipe_of(tmp_path_factory.mktemp("student"), ("[loss]", table))


def recipe_of(folder: Path, *replacements: tuple[str, str]) -> NetworkRun:
    made = read_recipe(write_lw_isp_recipe(folder / "r.toml", *replacements))
    assert isinstance(made, NetworkRun)
    return made


def trained(
    recipe: NetworkRun, pictures: Split, out: Path, stop_at: int = -1, *, resume: bool = False
) -> TrainedNetwork:
    def report(now: Progress) -> None:
        if now.step == stop_at:
            raise KilledError

    task = NetworkTask(recipe, pictures, (), CPU)
    return run_task(task, out, resume=resume, force=False, device=CPU, report=report).enhancer


def save(model: TrainedNetwork, path: Path) -> Path:
    weights = path.with_name("weights.safetensors")
    model.save_weights(weights)
    network = Network(
        name=model.name,
        factory=model.factory,
        weights=weights,
        sha256=model.sha256,
        license=model.license,
        arguments=model.arguments,
        channels=model.channels,
        scale=model.scale,
        color=model.color,
        alignment=model.alignment,
        minimum=model.minimum,
        figures=Figures(None, 1, 1.0, 1),
    )
    return network_file.save(network, model.state, b"", path).weights


def without(recipe: NetworkRun) -> NetworkRun:
    return replace(recipe, teacher=replace(recipe.teacher, file=""))


def test_a_student_begins_with_the_same_weights_with_and_without_a_teacher(
    student: NetworkRun, pictures: Split
) -> None:
    guided, alone = (NetworkTask(recipe, pictures, (), CPU) for recipe in (student, without(student)))
    state = guided.network.state_dict()
    own = {name.removeprefix("student."): values for name, values in state.items() if name.startswith("student.")}
    assert own.keys() == alone.network.state_dict().keys()
    assert all(torch.equal(own[name], values) for name, values in alone.network.state_dict().items())
    assert {name.split(".")[0] for name in state} == {"student", "guidance"}


def test_the_loss_is_the_student_s_and_the_two_terms(student: NetworkRun, pictures: Split) -> None:
    task = NetworkTask(student, pictures, (), CPU)
    alone = NetworkTask(without(student), pictures, (), CPU)
    teacher, _ = load_teaching(student)
    batch = task._draw(0)
    low, high = (torch.from_numpy(planes) for planes in (batch.low, batch.high))
    passed, told = task._student.live.run(low), teacher.run(high)  # type: ignore[operator]  # both can be run
    features = sum(
        (task._guidance.widen[level](own) - wanted).abs().mean()  # type: ignore[index,operator]  # convolutions
        for level, own, wanted in zip(("d6", "d7", "d8", "d9"), passed.levels, told.levels, strict=True)
    )
    terms = 0.3 * features + 0.2 * (passed.enhanced - told.enhanced).abs().mean()
    added = task.step_loss(0, Share()).loss - alone.step_loss(0, Share()).loss
    torch.testing.assert_close(added, terms, rtol=0, atol=1e-5)


def test_the_guidance_is_trained_and_the_teacher_is_not(student: NetworkRun, pictures: Split) -> None:
    task = NetworkTask(student, pictures, (), CPU)
    assert task._teacher is not None
    task.step_loss(0, Share()).loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
    trainable = {name: values for name, values in task.network.named_parameters() if values.requires_grad}
    guidance = [values for name, values in trainable.items() if name.startswith("guidance.")]
    assert len(guidance) == 8
    assert all(values.grad is not None and values.grad.abs().max() > 0 for values in guidance)
    assert all(values.grad is None for values in task._teacher.parameters())
    assert not {id(values) for values in task._teacher.parameters()} & {id(values) for values in trainable.values()}


def test_the_teacher_is_the_function_of_its_file(student: NetworkRun, teacher: Path) -> None:
    network = network_file.load(teacher)
    assert (network.channels, network.scale, network.color) == (12, 2, "RRRRGGGGBBBB")
    built = build_deployed(**network.arguments)
    built.load_state_dict({name: torch.from_numpy(values) for name, values in load_state(network).items()})
    clean = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        packed = torch.nn.functional.pixel_unshuffle(clean, 2)
        torch.testing.assert_close(load_teaching(student)[0](clean), built(packed), rtol=0, atol=1e-5)


def test_a_stopped_run_goes_on_bit_for_bit_and_the_guidance_is_dropped(
    student: NetworkRun, pictures: Split, tmp_path: Path
) -> None:
    whole = trained(student, pictures, tmp_path / "whole")
    with pytest.raises(KilledError):
        trained(student, pictures, tmp_path / "parts", stop_at=3)
    assert "guidance.widen.d6.weight" in torch.load(tmp_path / "parts" / "checkpoint.pt", weights_only=True)["network"]
    assert trained(student, pictures, tmp_path / "parts", resume=True).sha256 == whole.sha256
    alone = trained(without(student), pictures, tmp_path / "alone")
    assert whole.state.keys() == alone.state.keys()
    assert not all(np.array_equal(whole.state[name], values) for name, values in alone.state.items())
    assert (whole.channels, whole.scale, whole.color, whole.alignment, whole.minimum) == (4, 2, "RGGB", 16, 32)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("width = 0.25", "width = 0.5", "not this student's teacher: it has width 0.5, not 1.0"),
        ("width = 0.25", 'width = 0.25, padding = "zeros"', "it has padding 'reflect', not 'zeros'"),
    ],
)
def test_the_teacher_of_another_network_is_refused(
    old: str, new: str, message: str, teacher: Path, pictures: Split, tmp_path: Path
) -> None:
    recipe = recipe_of(tmp_path, (old, new), ("[loss]", f'[teacher]\nfile = "{teacher}"\n[loss]'))
    with pytest.raises(ArllieError, match=message):
        NetworkTask(recipe, pictures, (), CPU)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("arllie-lol", "teacher.file: arllie-lol is a one-layer model"),
        ("absent.safetensors", "absent.safetensors: no such model file"),
        ("arllie-lot", "unknown model 'arllie-lot'"),
    ],
)
def test_a_file_that_is_no_teacher_is_refused(file: str, message: str, student: NetworkRun, pictures: Split) -> None:
    with pytest.raises(ArllieError, match=message):
        NetworkTask(replace(student, teacher=replace(student.teacher, file=file)), pictures, (), CPU)


def test_what_a_system_does_not_have_is_refused_when_the_recipe_is_read(tmp_path: Path) -> None:
    for write, change, message in (
        (write_lw_isp_recipe, "[distillation]\nweight = 0.1", "lw-isp has no levels that mimic deeper ones"),
        (write_network_recipe, '[teacher]\nfile = "t.safetensors"', "sad-unet has no teachers"),
        (write_lw_isp_recipe, "[teacher]\nfeatures = -1.0", "teacher.features is -1.0"),
    ):
        with pytest.raises(ArllieError, match=message):
            read_recipe(write(tmp_path / "r.toml", ("[loss]", f"{change}\n[loss]")))
