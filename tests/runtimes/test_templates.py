from importlib.resources import files

import numpy as np
import onnxruntime
import pytest
from support.enhancers import random_adaptive, random_enhancer

from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.media.opener import opener_for_clip
from arllie_deploy.pictures.night import night_picture
from arllie_deploy.runtimes import RUNTIMES

SMALL = night_picture()[::8, ::8].copy()


@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_models_of_one_form_share_a_session_and_not_their_weights(epilogue: str) -> None:
    models = [random_enhancer(epilogue, seed) for seed in range(3)]
    opened = [RUNTIMES["onnxruntime"].open(model, 1) for model in models]
    for _ in range(2):
        for model, each in zip(models, opened, strict=True):
            assert np.abs(each.run(SMALL).astype(int) - model.enhance(SMALL)).max() <= 1


def test_a_clip_opens_no_session_for_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    opener = opener_for_clip(random_adaptive(), "onnxruntime", 1)
    opener(SMALL).run(SMALL)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("another session")

    monkeypatch.setattr(onnxruntime, "InferenceSession", refuse)
    brighter = SMALL + np.uint8(3)
    assert opener(brighter).run(brighter).shape == SMALL.shape


@pytest.mark.parametrize(
    "template", sorted(path.name for path in (files("arllie_deploy.runtimes") / "templates").iterdir())
)
def test_every_weight_is_an_input(template: str) -> None:
    data = (files("arllie_deploy.runtimes") / "templates" / template).read_bytes()
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    shapes = {value.name: value.shape for value in session.get_inputs()}
    assert shapes["kernel"] == [3, 3, 3, 3]
    assert shapes["bias"] == [3]
    assert session.get_overridable_initializers() == []
