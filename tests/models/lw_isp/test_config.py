import pytest

from arllie_deploy import ArllieError
from arllie_deploy.models.lw_isp.config import LwIspConfig


def test_the_width_multiplies_every_number_of_channels() -> None:
    assert LwIspConfig().channels == (16, 32, 64, 128, 256)
    assert LwIspConfig(width=0.25).channels == (4, 8, 16, 32, 64)
    assert LwIspConfig(width=2.0).channels == (32, 64, 128, 256, 512)


@pytest.mark.parametrize(("head", "sizes"), [("enhancement", (3, 1)), ("denoising", (3, 1)), ("raw", (4, 2))])
def test_a_head_decides_what_goes_in_and_how_large_it_comes_out(head: str, sizes: tuple[int, int]) -> None:
    config = LwIspConfig(head=head)
    assert (config.input_channels, config.scale) == sizes


def test_json_and_back() -> None:
    config = LwIspConfig(head="raw", width=0.5, padding="zeros", activation="relu", last="conv3")
    assert LwIspConfig.from_json(config.to_json()) == config
    assert LwIspConfig.from_json({}) == LwIspConfig()


def test_the_form_for_delegates_keeps_head_and_width() -> None:
    plain = LwIspConfig(head="raw", width=0.5).for_delegates()
    assert (plain.head, plain.width) == ("raw", 0.5)
    assert (plain.padding, plain.activation, plain.doubling, plain.summary) == ("zeros", "relu", "nearest", "learned")


def test_the_values_that_a_frame_is_held_by_lie_one_after_the_other() -> None:
    config = LwIspConfig(width=0.5)
    assert [place.stop - place.start for place in config.held] == [8, 16, 32, 64, 128]
    covered = [index for place in config.held for index in range(place.start, place.stop)]
    assert covered == list(range(config.held_size))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width": 0.3}, "width is 0.3; known: 0.25, 0.5, 1.0, 2.0"),
        ({"head": "video"}, "head is 'video'; known: enhancement, denoising, raw, packed"),
        ({"padding": "same"}, "padding is 'same'; known: reflect, zeros"),
        (
            {"head": "raw", "doubling": "nearest"},
            "last is 'conv1', which shuffles; with doubling 'nearest' give 'block'",
        ),
        ({"depth": 5}, "unknown key 'depth'; known: head, width"),
    ],
)
def test_a_value_that_is_not_there_is_refused_by_name(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ArllieError, match=message.replace(".", r"\.")):
        LwIspConfig.from_json(arguments)
