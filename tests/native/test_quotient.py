"""Facts that kernels rely on: their faster arithmetic gives the oracle's bytes for every operand that can occur."""

import numpy as np
from numpy.typing import NDArray

WHOLE = 65280
_CHUNK = 4096


def test_a_float32_quotient_cut_off_is_the_integer_quotient_of_every_illumination() -> None:
    x = np.arange(256, dtype=np.uint32)
    for first in range(1, WHOLE + 1, _CHUNK):
        divisor = np.arange(first, min(first + _CHUNK, WHOLE + 1), dtype=np.uint32)[:, None]
        numerator = WHOLE * x + (divisor >> np.uint32(1))
        assert numerator.max() < 2**24
        by_float = (numerator.astype(np.float32) / divisor.astype(np.float32)).astype(np.uint32)
        np.testing.assert_array_equal(by_float, numerator // divisor)


def test_half_added_after_the_division_gives_the_same() -> None:
    x = np.arange(256, dtype=np.uint32)
    for first in range(1, WHOLE + 1, _CHUNK):
        divisor = np.arange(first, min(first + _CHUNK, WHOLE + 1), dtype=np.uint32)[:, None]
        expected = np.minimum((WHOLE * x + (divisor >> np.uint32(1))) // divisor, np.uint32(255))
        quotient = (WHOLE * x).astype(np.float32) / divisor.astype(np.float32)
        by_float = np.minimum(quotient + np.float32(0.5), np.float32(255.0)).astype(np.uint32)
        np.testing.assert_array_equal(by_float, expected)


def test_a_float32_quotient_is_exact_for_the_curve_too() -> None:
    rng = np.random.default_rng(0)
    u = rng.integers(0, 65536, 4_000_000).astype(np.uint32)
    divisor = rng.integers(1, 65536, u.size).astype(np.uint32)
    u[:65536] = np.arange(65536)
    divisor[:65536] = 65535
    divisor[65536:131072] = np.arange(65536).clip(min=1)
    u[65536:131072] = 65535
    # Where the quotient is about to reach the next half, which is where rounding could go wrong.
    nearly = divisor[131072:].astype(np.uint64) * rng.integers(0, 511, u.size - 131072).astype(np.uint64) // 512
    u[131072:2_000_000] = nearly[: 2_000_000 - 131072].astype(np.uint32)
    numerator = (u << np.uint32(8)) + (divisor >> np.uint32(1))
    expected = np.minimum(numerator // divisor, np.uint32(255))
    np.testing.assert_array_equal(_bytes(numerator.astype(np.float32) / divisor.astype(np.float32)), expected)
    afterwards = (u << np.uint32(8)).astype(np.float32) / divisor.astype(np.float32) + np.float32(0.5)
    np.testing.assert_array_equal(_bytes(afterwards), expected)


def test_the_product_of_direct_needs_sixteen_bits_only() -> None:
    x = np.arange(256, dtype=np.uint32)
    for first in range(256, WHOLE + 1, _CHUNK):
        factor = np.arange(first, min(first + _CHUNK, WHOLE + 1), dtype=np.uint32)[:, None]
        product = x * factor
        expected = np.minimum((product + 128) >> np.uint32(8), 255)
        low, over = product & 0xFFFF, product >> np.uint32(16) != 0
        saturated = np.minimum(low + 128, 65535) >> np.uint32(8)
        np.testing.assert_array_equal(np.where(over, 255, saturated), expected)


def _bytes(quotient: NDArray[np.float32]) -> NDArray[np.uint32]:
    return np.minimum(quotient, np.float32(255.0)).astype(np.uint32)
