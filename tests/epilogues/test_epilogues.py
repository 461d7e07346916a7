import inspect

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.epilogues.logistic import logistic

levels = st.integers(0, 255).map(lambda value: value / 255)
logits = st.floats(-800, 800)
rows = pytest.mark.parametrize("name", EPILOGUES)


def reference(name: str, y: float, u: float) -> float:
    row = EPILOGUES[name]
    return float(row.reference(np.array([y]), np.array([u]), row.constants)[0])


@rows
def test_each_row_has_a_file_of_its_name(name: str) -> None:
    source = inspect.getsourcefile(EPILOGUES[name].reference)
    assert source is not None
    assert source.endswith(f"/{name}.py")


@rows
@given(y=levels, u=logits)
def test_torch_form_equals_the_reference(name: str, y: float, u: float) -> None:
    row = EPILOGUES[name]
    tensors = (torch.tensor([value], dtype=torch.float64) for value in (y, u))
    assert row.torch_form(*tensors, row.constants).item() == pytest.approx(reference(name, y, u), abs=1e-12)


@rows
@given(y=levels, u=logits)
def test_output_is_a_level(name: str, y: float, u: float) -> None:
    assert 0.0 <= reference(name, y, u) <= 1.0


@given(y=levels, u=st.floats(-30, 30))
def test_residual_form_equals_its_closed_form(y: float, u: float) -> None:
    """z = max(y, t / (1 + t)), t = y(1 + e^−u): equal wherever σ(u) is above ε, and for 8-bit levels everywhere."""
    t = y * (1 + np.exp(-u))
    assert reference("residual", y, u) == pytest.approx(max(y, t / (1 + t)), abs=1e-12)


@given(y=levels, u=logits)
def test_direct_form_equals_the_division(y: float, u: float) -> None:
    with np.errstate(over="ignore"):
        gain = min(1 + np.exp(-u), 1e4)
    assert reference("direct", y, u) == pytest.approx(min(1.0, y * gain), abs=1e-12)


@given(u=st.floats(-1e4, 1e4))
def test_logistic_is_finite_and_odd_around_one_half(u: float) -> None:
    plus, minus = logistic(np.array([u])), logistic(np.array([-u]))
    assert plus + minus == pytest.approx(1.0, abs=1e-15)
