from pathlib import Path

import pytest
from support.raw_frames import random_mosaic, raw_frame

from arllie_deploy.errors import ArllieError
from arllie_deploy.raw.dng import write_dng
from arllie_deploy.raw.dump import DumpForm
from arllie_deploy.raw.files import read_raw

FORM = DumpForm((64, 48), 10, "bggr")
MOSAIC = random_mosaic(48, 64)


def test_the_name_tells_camera_files_from_dumps(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.DNG", raw_frame(MOSAIC))
    (tmp_path / "a.raw").write_bytes(MOSAIC.tobytes())
    camera, dump = read_raw(tmp_path / "a.DNG"), read_raw(tmp_path / "a.raw", FORM)
    assert (camera.pattern, dump.pattern) == ("RGGB", "BGGR")
    assert (camera.mosaic == MOSAIC).all()
    assert (dump.mosaic == MOSAIC).all()


def test_a_dump_needs_a_form_and_a_camera_file_has_its_own(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match=r"a\.raw: not named like a camera file; .* give --bayer, --bits and --size"):
        read_raw(tmp_path / "a.raw")
    with pytest.raises(ArllieError, match=r"a\.dng: a camera file says itself what it holds"):
        read_raw(tmp_path / "a.dng", FORM)
