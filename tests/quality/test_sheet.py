import numpy as np
import pytest
from support.picture_files import random_pixels, smooth_pixels

from arllie_deploy.quality.sheet import COLUMNS, DIFFERENCE_GAIN, sheet, sheet_row

LOW, HIGH = smooth_pixels(60, 200) // 4, smooth_pixels(60, 200)


def _cells(row: np.ndarray, height: int, width: int) -> list[np.ndarray]:
    pitch = (row.shape[1] - 8) // len(COLUMNS)
    return [row[:height, 8 + i * pitch : 8 + i * pitch + width] for i in range(len(COLUMNS))]


def test_the_cells_of_a_small_picture_are_its_pixels() -> None:
    output = HIGH - np.uint8(10)
    low, out, high, difference = _cells(sheet_row(["a:", "psnr 1"], LOW, output, HIGH), 60, 200)
    assert all(np.array_equal(cell, frame) for cell, frame in ((low, LOW), (out, output), (high, HIGH)))
    expected = np.minimum(np.abs(output.astype(int) - HIGH) * DIFFERENCE_GAIN, 255)
    assert np.array_equal(difference, expected)


def test_16_bits_are_shown_as_8() -> None:
    deep = sheet_row(["a"], *(frame.astype(np.uint16) * 257 for frame in (LOW, LOW, HIGH)))
    assert np.array_equal(deep, sheet_row(["a"], LOW, LOW, HIGH))


@pytest.mark.parametrize(
    ("height", "width", "cell"), [(300, 900, (133, 400)), (900, 300, (400, 133)), (1, 900, (1, 400))]
)
def test_large_pictures_are_scaled_down(height: int, width: int, cell: tuple[int, int]) -> None:
    gray = np.full((height, width, 3), 90, np.uint8)
    row = sheet_row(["a"], gray, gray, gray)
    assert row.shape[1] == 4 * (max(cell[1], 160) + 8) + 8
    assert row.shape[0] == cell[0] + sheet_row(["a"], *[random_pixels(2, 900)] * 3).shape[0] - 1
    assert (_cells(row, *cell)[0] == 90).all()


def test_a_caption_is_legible_and_takes_the_lines_it_needs() -> None:
    short, long = (sheet_row(["a:", *["psnr 12.345 dB"] * count], LOW, LOW, HIGH) for count in (1, 30))
    assert short.shape[1] == long.shape[1]
    assert long.shape[0] > short.shape[0] + 60
    for row in (short, long):
        text = row[60:]
        assert text.max() > 200
        assert (text[:, -8:] == text[0, 0]).all()


def test_rows_of_all_widths_stand_below_each_other() -> None:
    rows = [sheet_row(["a"], x, x, x) for x in (random_pixels(20, 300), random_pixels(30, 40))]
    whole = sheet(["model", "psnr 1"], rows)
    assert whole.dtype == np.uint8
    assert whole.shape[1] == rows[0].shape[1]
    bottom = whole[-rows[1].shape[0] :]
    assert np.array_equal(bottom[:, : rows[1].shape[1]], rows[1])
    assert np.array_equal(whole[-sum(row.shape[0] for row in rows) : -rows[1].shape[0]], rows[0])
