import pytest

from arllie_deploy import ArllieError
from arllie_deploy.models.light_modules.config import LightModulesConfig
from arllie_deploy.models.light_modules.options import Lightening


def test_what_is_left_out_has_its_default() -> None:
    config = LightModulesConfig.from_json({"task": "inpainting", "width": 0.5})
    assert config == LightModulesConfig("inpainting", width=0.5)
    assert LightModulesConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"task": "sharpening"}, "task is 'sharpening'; known: denoising, super-resolution, inpainting"),
        ({"width": 2.0}, "width is 2.0"),
        ({"blocks": 33}, "blocks is 33, expected 0 to 32"),
        ({"blocks": 1.5}, "blocks is 1.5"),
        ({"groups": 0}, "groups is 0, expected 1 to 64"),
        ({"colour": 3}, "unknown key 'colour'"),
        ({"task": "inpainting", "colors": 1}, "colors is 1; known .*'inpainting': 3"),
        ({"task": "inpainting", "blocks": 2}, "blocks is 2"),
        ({"shortcut": "bilinear"}, "shortcut is 'bilinear'"),
        ({"sampling": "shuffle"}, "sampling is 'shuffle'"),
        ({"convolutions": "full", "sampling": "nearest"}, "sampling is 'nearest'; known with convolutions 'full'"),
    ],
)
def test_values_that_there_are_none_of_are_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ArllieError, match=message):
        LightModulesConfig.from_json(given)


@pytest.mark.parametrize(
    ("task", "channels", "scale", "alignment"),
    [("denoising", 3, 1, 1), ("super-resolution", 3, 4, 1), ("inpainting", 4, 1, 4)],
)
def test_a_task_decides_what_goes_in_and_comes_out(task: str, channels: int, scale: int, alignment: int) -> None:
    config = LightModulesConfig(task)
    assert (config.channels, config.scale, config.alignment) == (channels, scale, alignment)


def test_the_form_for_delegates_keeps_task_and_width() -> None:
    config = LightModulesConfig("super-resolution", width=0.5, shortcut="bilinear").for_delegates()
    assert (config.task, config.width, config.convolutions, config.shortcut) == (
        "super-resolution", 0.5, "light", "nearest",
    )  # fmt: skip
    assert config.lightening == Lightening(sampling="nearest", dilated="separable")
