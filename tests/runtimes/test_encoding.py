import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy import ArllieError
from arllie_deploy.runtimes.encoding import ElementType, Encoding, encoding_of

BYTES = np.arange(256, dtype=np.uint8)


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_integers_without_a_scale_are_the_bytes_of_a_frame(dtype: str) -> None:
    encoding = encoding_of(dtype, 0.0, 0)
    assert encoding.is_bytes
    integers = encoding.from_bytes(BYTES)
    assert integers.dtype == dtype
    np.testing.assert_array_equal(encoding.to_bytes(integers), BYTES)
    np.testing.assert_allclose(encoding.to_real(integers), BYTES / 255, atol=1e-7)
    np.testing.assert_array_equal(encoding.from_real((BYTES / 255).astype(np.float32)), integers)


@given(
    dtype=st.sampled_from(["uint8", "int8"]),
    scale=st.floats(1e-3, 0.1),
    zero_point=st.integers(-20, 20),
    value=st.floats(-30, 30, width=32),
)
def test_a_value_comes_back_to_half_a_step_or_saturated(
    dtype: ElementType, scale: float, zero_point: int, value: float
) -> None:
    encoding = encoding_of(dtype, scale, zero_point)
    limits = np.iinfo(dtype)
    lowest, highest = ((limit - zero_point) * scale for limit in (limits.min, limits.max))
    back = encoding.to_real(encoding.from_real(np.array([value], np.float32)))[0]
    assert back == pytest.approx(min(max(value, lowest), highest), abs=0.501 * scale)


def test_another_reading_of_the_integers_is_not_the_bytes_of_a_frame() -> None:
    assert not Encoding("uint8", 1 / 255, 3).is_bytes
    assert not Encoding("int8", 1 / 128, -128).is_bytes
    assert not Encoding("float32").is_bytes


def test_floats_pass_as_they_are() -> None:
    values = np.array([-3.0, 0.25], np.float32)
    assert encoding_of("float32", 0.5, 7).from_real(values) is values
    assert encoding_of("float32", 0.5, 7).to_real(values) is values


def test_a_type_that_no_frame_is_fed_in_is_refused() -> None:
    with pytest.raises(ArllieError, match="a frame of float16; only float32, uint8, int8 are fed"):
        encoding_of("float16", 0.0, 0)
