from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.enhancers import random_adaptive

from arllie_deploy import ArllieError
from arllie_deploy.adaptive import MOST_PARAMETERS, AdaptiveEnhancer
from arllie_deploy.pictures.night import night_picture as night_frame
from arllie_deploy.statistics import COUNT, frame_statistics


@pytest.mark.parametrize(("form", "epilogue"), [("curve", "curve"), ("plain", "plain"), ("basis", "plain")])
def test_a_frame_gets_an_ordinary_enhancer(form: str, epilogue: str) -> None:
    model, frame = random_adaptive(form), night_frame()
    enhancer = model.for_frame(frame)
    assert (enhancer.name, enhancer.epilogue) == (model.name, epilogue)
    assert enhancer == model.condition(frame_statistics(frame))
    np.testing.assert_array_equal(model.enhance(frame), enhancer.enhance(frame))


def test_other_light_gets_another_kernel() -> None:
    model, frame = random_adaptive(), night_frame()
    assert model.for_frame(frame) != model.for_frame(frame // 2)


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("form", ["curve", "basis"])
def test_a_constant_frame_stays_constant(form: str, level: int) -> None:
    frame = np.full((12, 15, 3), level, np.uint8)
    output = random_adaptive(form).for_frame(frame).enhance(frame)
    assert (output[1:-1, 1:-1] == output[1, 1]).all()


@pytest.mark.parametrize(
    "statistics", [np.zeros(COUNT - 1), np.zeros((1, COUNT)), np.full(COUNT, np.nan), np.full(COUNT, np.inf)]
)
def test_statistics_that_are_none_are_refused(statistics: Any) -> None:
    with pytest.raises(ArllieError, match="23 finite numbers"):
        random_adaptive().condition(statistics)


def test_equality_is_that_of_the_function() -> None:
    assert random_adaptive() == random_adaptive(name="other") != random_adaptive(seed=1)
    assert hash(random_adaptive()) == hash(random_adaptive(name="other"))
    assert random_adaptive("plain") != random_adaptive("curve")


def with_head(**change: Any) -> AdaptiveEnhancer:
    model = random_adaptive()
    return replace(model, head=replace(model.head, **change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mean": np.zeros(3, np.float32)}, "mean is float32[3], expected float32[23]"),
        ({"mean": np.zeros(COUNT)}, "mean is float64[23]"),
        ({"hidden_bias": np.full(8, np.nan, np.float32)}, "hidden_bias has values that are not finite"),
        ({"deviation": np.zeros(COUNT, np.float32)}, "deviation has values that are not positive"),
        ({"output_bias": np.zeros(9, np.float32)}, "output_weight is float32[86, 8]"),
        (
            {"output_bias": np.zeros(9, np.float32), "output_weight": np.zeros((9, 8), np.float32)},
            "9 outputs, expected 84 or 86",
        ),
        ({"basis": np.zeros((5, 3, 3, 3, 3), np.float32)}, "a basis of 5 kernels; 1 to 4"),
        ({"basis": np.zeros((4, 3, 3, 3, 3), np.float32)}, "86 outputs, expected 15"),
    ],
)
def test_refuses(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ArllieError) as caught:
        with_head(**change)
    assert message in str(caught.value)


def test_a_head_of_more_than_8000_parameters_is_refused() -> None:
    hidden = MOST_PARAMETERS // (COUNT + 86) + 1
    with pytest.raises(ArllieError, match="at most 8000"):
        with_head(
            hidden_weight=np.zeros((hidden, COUNT), np.float32),
            hidden_bias=np.zeros(hidden, np.float32),
            output_weight=np.zeros((86, hidden), np.float32),
        )
