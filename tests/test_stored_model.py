from pathlib import Path

import pytest
from support.enhancers import random_adaptive, random_enhancer

from arllie_deploy.stored_model import Model, load_model, save_model


@pytest.mark.parametrize("model", [random_enhancer(), random_adaptive()])
def test_either_kind_comes_back_as_it_was(model: Model, tmp_path: Path) -> None:
    save_model(model, tmp_path / "m.safetensors")
    loaded = load_model(tmp_path / "m.safetensors")
    assert type(loaded) is type(model)
    assert loaded == model
