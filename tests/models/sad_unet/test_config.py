import pytest

from arllie_deploy import ArllieError
from arllie_deploy.models.sad_unet.config import SadUnetConfig


def test_the_width_multiplies_every_number_of_channels() -> None:
    assert SadUnetConfig().channels == (16, 32, 64, 128, 256, 512)
    assert SadUnetConfig(width=0.25).channels == (4, 8, 16, 32, 64, 128)
    assert [SadUnetConfig(width=width, stem=stem).stem_channels for width, stem in ((1.0, 64), (0.5, 16))] == [64, 8]


def test_json_and_back() -> None:
    config = SadUnetConfig(width=0.5, stem=16, skip="direct", depthwise="plain", activator="learned", strength=0.5)
    assert SadUnetConfig.from_json(config.to_json()) == config
    assert SadUnetConfig.from_json({}) == SadUnetConfig()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width": 0.3}, "width is 0.3; known: 0.25, 0.5, 1.0"),
        ({"stem": 32}, "stem is 32; known: 16, 64"),
        ({"expansion": 9}, "expansion is 9"),
        ({"skip": "none"}, "skip is 'none'; known: fpn, direct"),
        ({"activation": "gelu"}, "activation is 'gelu'; known: relu6, relu"),
        ({"strength": 0.0}, "strength is 0.0"),
        ({"residual": "affine", "reduction": 3}, "reduction is 3; known: 1, 2, 4"),
        ({"reduction": 2}, 'reduction is 2; that needs residual = "affine"'),
        ({"denoising": 1}, 'denoising is 1; that needs residual = "affine"'),
        ({"residual": "affine", "denoising": 7}, "denoising is 7; known: 0, 1, 2"),
        ({"depth": 5}, "unknown key 'depth'; known: width, stem"),
    ],
)
def test_a_value_that_is_not_there_is_refused_by_name(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ArllieError, match=message.replace(".", r"\.")):
        SadUnetConfig.from_json(arguments)
