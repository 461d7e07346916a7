import numpy as np
import pytest
from support.picture_files import random_pixels

from arllie_deploy.media.planes import Planes, Stored, of_frame, of_planes
from arllie_deploy.runtimes.layout import to_tensor


def _aligned(side: int) -> int:
    return -(-side // 16) * 16


@pytest.mark.parametrize("size", [(33, 47), (48, 64), (34, 61)])
def test_a_frame_is_continued_as_a_network_pads_it(size: tuple[int, int]) -> None:
    frame = random_pixels(*size)
    below, right = (-side % 16 for side in size)
    padded = to_tensor(np.pad(frame, ((0, below), (0, right), (0, 0)), mode="reflect"), "NCHW")
    planes = np.moveaxis(frame, 2, 0).astype(np.float32) / np.float32(255)
    whole = slice(0, padded.shape[2]), slice(0, padded.shape[3])
    sources: list[Planes] = [of_frame(frame, _aligned), of_planes(planes, _aligned)]
    for source in sources:
        assert source.size == padded.shape[2:]
        assert np.array_equal(source.part(whole), padded)
        corner = slice(16, whole[0].stop), slice(32, whole[1].stop)
        assert np.array_equal(source.part(corner), padded[:, :, 16:, 32:])


def test_what_is_stored_is_given_as_it_is() -> None:
    values = np.random.default_rng(0).random((1, 4, 6, 8), dtype=np.float32)
    stored = Stored(values)
    assert stored.size == (6, 8)
    part = stored.part((slice(1, 5), slice(2, 8)))
    assert np.array_equal(part, values[:, :, 1:5, 2:])
    assert part.flags.c_contiguous
