"""What a sub-pixel convolution can say by the rank of its kernel: the closed form of linear ×2 upsampling."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from arllie_deploy.models.light_modules.rank import Array, enlarged, fitted, halved, repeated
from arllie_deploy.pictures import read_picture


def made_pictures(count: int) -> list[Array]:
    """Disks with soft and hard edges on slopes, which have a picture's correlations between neighbors."""
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[0:96, 0:128]
    pictures = []
    for _ in range(count):
        picture = 0.3 + 0.002 * random.normal() * rows + 0.002 * random.normal() * columns
        for _ in range(25):
            row, column, radius, softness = random.uniform((0, 0, 3, 0.3), (96, 128, 25, 4))
            edge = (np.hypot(rows - row, columns - column) - radius) / softness
            picture = picture + random.normal() * 0.15 / (1.0 + np.exp(np.clip(edge, -50, 50)))
        pictures.append(picture)
    return pictures


def score(kernel: Array, pictures: Sequence[Array]) -> float:
    """Mean PSNR in dB."""
    errors = [np.mean((enlarged(halved(picture), kernel) - picture) ** 2) for picture in pictures]
    return float(np.mean([-10 * np.log10(error) for error in errors]))


def check(learned: Sequence[Array], others: Sequence[Array]) -> list[float]:
    scores = [score(fitted(learned, rank), others) for rank in (1, 2, 3, 4)]
    assert abs(scores[0] - score(repeated(), others)) <= 0.05
    assert scores[0] + 1.0 < scores[3]
    return scores


def test_rank_one_is_pixel_repetition_and_rank_four_the_full_kernel() -> None:
    pictures = made_pictures(8)
    check(pictures[:4], pictures[4:])
    kernel = fitted(pictures[:4], 4)
    taps = [np.lib.stride_tricks.sliding_window_view(np.pad(halved(p), 1, "edge"), (3, 3)) for p in pictures[:4]]
    phases = [p.reshape(48, 2, 64, 2).transpose(0, 2, 1, 3).reshape(-1, 4) for p in pictures[:4]]
    full = np.linalg.lstsq(np.concatenate([t.reshape(-1, 9) for t in taps]), np.concatenate(phases), rcond=None)[0].T
    np.testing.assert_allclose(kernel, full, atol=1e-7)


def test_more_rank_is_never_worse_on_what_was_learned() -> None:
    pictures = made_pictures(3)
    errors = [
        sum(float(((enlarged(halved(p), fitted(pictures, rank)) - p) ** 2).sum()) for p in pictures)
        for rank in (1, 2, 3, 4)
    ]
    assert errors == sorted(errors, reverse=True)
    assert [np.linalg.matrix_rank(fitted(pictures, rank)) for rank in (1, 2, 3, 4)] == [1, 2, 3, 4]


def test_bilinear_enlargement_has_rank_four_and_its_best_rank_one_part_is_repetition() -> None:
    one = np.array([[0.25, 0.75, 0.0], [0.0, 0.75, 0.25]])
    bilinear = np.einsum("ai,bj->abij", one, one).reshape(4, 9)
    gains, values, _ = np.linalg.svd(bilinear)
    assert np.linalg.matrix_rank(bilinear) == 4
    assert values[0] ** 2 / (values**2).sum() == pytest.approx(0.9025)
    np.testing.assert_allclose(np.abs(gains[:, 0]), 0.5)


def test_the_numbers_on_set12_are_those_of_the_design(shared_data: Path) -> None:
    """Fitted on pictures 01 to 06, scored on 07 to 12."""
    files = [shared_data / "denoise" / "set12" / f"{number:02d}.webp" for number in range(1, 13)]
    pictures = [read_picture(path).pixels[..., 0] / 255.0 for path in files]
    scores = check(pictures[:6], pictures[6:])
    assert scores == pytest.approx([28.10, 28.84, 30.01, 30.05], abs=0.05)
