from pathlib import Path

import pytest

import arllie_deploy.models.lw_isp
from arllie_deploy.models.lw_isp.config import LwIspConfig
from arllie_deploy.models.lw_isp.distillation import Teacher
from arllie_deploy.training.network_recipe import NetworkRun
from arllie_deploy.training.recipe_file import read_recipe
from arllie_deploy.training.systems import find_system

FOLDER = Path(str(arllie_deploy.models.lw_isp.__file__)).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))
TASKS = {"lw-isp-lol": ("enhancement", "pairs"), "lw-isp-denoise": ("denoising", "noisy"), "lw-isp-raw": ("raw", "raw")}
FOR_DELEGATES = ("lw-isp-lol", "lw-isp-raw")


def recipe(name: str) -> NetworkRun:
    made = read_recipe(FOLDER / f"{name}.toml")
    assert isinstance(made, NetworkRun)
    return made


def config(name: str) -> LwIspConfig:
    return LwIspConfig.from_json(recipe(name).network.arguments)


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_has_its_files_name_and_weights_for_research_only(name: str) -> None:
    assert (recipe(name).name, recipe(name).license) == (name, "LicenseRef-LOL-research-only")


@pytest.mark.parametrize(("name", "task"), TASKS.items())
def test_every_task_has_its_head_and_its_pictures(name: str, task: tuple[str, str]) -> None:
    assert (config(name).head, recipe(name).pictures.kind) == task


def test_noise_of_25_levels_is_what_denoising_is_trained_for() -> None:
    pictures = recipe("lw-isp-denoise").pictures
    assert (pictures.least_sigma, pictures.most_sigma) == (25.0, 25.0)


@pytest.mark.parametrize("name", FOR_DELEGATES)
def test_the_delegates_get_the_same_network_without_what_they_do_not_execute(name: str) -> None:
    assert config(f"{name}-delegate") == config(name).for_delegates()


def test_the_teacher_is_the_student_s_and_sees_clean_pictures() -> None:
    teacher = recipe("lw-isp-raw-teacher")
    assert config(teacher.name) == Teacher(config("lw-isp-raw")).network.config
    assert teacher.pictures.kind == "clean"
    assert recipe("lw-isp-raw-distilled").teacher.file == f"runs/{teacher.name}/{teacher.name}.safetensors"


@pytest.mark.parametrize(
    ("first", "second", "difference"),
    [
        ("lw-isp-raw", "lw-isp-raw-delegate", "network"),
        ("lw-isp-raw", "lw-isp-raw-distilled", "teacher"),
        ("lw-isp-lol-stage-1", "lw-isp-lol-delegate", "network"),
    ],
)
def test_what_is_compared_differs_in_one_thing(first: str, second: str, difference: str) -> None:
    """In what the network is made of, or in who teaches it."""
    one, other = recipe(first).to_json(), recipe(second).to_json()
    assert {key for key, value in one.items() if other[key] != value} == {"name", difference}


def test_large_frames_go_on_from_the_weights_of_small_ones() -> None:
    first, second = recipe("lw-isp-lol-stage-1"), recipe("lw-isp-lol")
    assert second.network.start == f"runs/{first.name}/{first.name}.safetensors"
    assert first.frames.most < second.frames.most == second.enlarging.most


def test_the_published_network_has_a_recipe() -> None:
    published = recipe("lw-isp")
    network = find_system(published.network.system).build(published.network.arguments)
    assert sum(values.numel() for values in network.parameters()) == 1_997_449
    assert published.crop_of_each == {"whole": 320, "crops": 192}
