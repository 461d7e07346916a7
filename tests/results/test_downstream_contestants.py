import numpy as np
import pytest
from support.pictures import darkened, scene

from arllie_deploy.errors import ArllieError
from arllie_deploy.models import MEMBERS, find_model
from arllie_deploy.results.downstream.contestants import BASELINE, CONTESTANTS, enhancer_of, model_hashes


@pytest.mark.parametrize("name", CONTESTANTS)
def test_every_contestant_gives_a_frame_of_the_same_shape_and_none_but_the_baseline_changes_nothing(name: str) -> None:
    frame = darkened(scene(0), 0)
    before = frame.copy()
    result = enhancer_of(name)(frame)
    assert (result.shape, result.dtype) == (frame.shape, np.uint8)
    assert (frame == before).all()
    assert (result.mean() > frame.mean()) == (name != BASELINE)
    assert (enhancer_of(name)(frame) == result).all()


def test_the_models_are_shipped_ones_and_are_named_by_their_hashes() -> None:
    hashes = model_hashes()
    assert set(hashes) == {row.name for row in CONTESTANTS.values() if row.is_model}
    assert set(hashes) <= set(MEMBERS)
    assert all(hashes[name] == find_model(name).sha256 for name in hashes)


def test_an_unknown_contestant_is_refused() -> None:
    with pytest.raises(ArllieError, match="unknown contestant 'magic'; known: none, gain"):
        enhancer_of("magic")
