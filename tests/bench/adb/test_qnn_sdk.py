from pathlib import Path

import pytest
from support.qnn_sdk import write_sdk

from arllie_deploy.bench.adb.qnn_sdk import arch_of, find_files
from arllie_deploy.errors import ArllieError


def test_the_libraries_are_those_of_one_generation(tmp_path: Path) -> None:
    files = find_files(write_sdk(tmp_path / "sdk", answers={}, arch=79), 79)
    names = {path.name for path in files.libraries}
    shared = {"libQnnHtp.so", "libQnnHtpPrepare.so", "libQnnSystem.so"}
    assert names == {*shared, "libQnnHtpV79Stub.so", "libQnnHtpV79Skel.so"}
    assert files.runner.name == "qnn-net-run"
    assert files.viewer.is_file()


def test_everything_that_is_missing_is_in_one_line(tmp_path: Path) -> None:
    sdk = write_sdk(tmp_path / "sdk", answers={}, arch=73)
    (sdk / "bin/aarch64-android/qnn-net-run").unlink()
    with pytest.raises(ArllieError) as caught:
        find_files(sdk, 75)
    said = str(caught.value)
    for name in ("bin/aarch64-android/qnn-net-run", "libQnnHtpV75Stub.so", "hexagon-v75/unsigned/libQnnHtpV75Skel.so"):
        assert name in said
    assert "libQnnHtp.so" not in said
    assert "--qnn-sdk" in said
    assert "\n" not in said


def test_a_viewer_need_not_be_there(tmp_path: Path) -> None:
    sdk = write_sdk(tmp_path / "sdk", answers={})
    (sdk / "bin/x86_64-linux-clang/qnn-profile-viewer").unlink()
    assert not find_files(sdk, 75).viewer.exists()


@pytest.mark.parametrize(
    ("soc", "arch"),
    [
        ("QTI SM8350", 68),
        ("Qualcomm SM8450", 69),
        ("QTI SM8550-AB", 73),
        ("QTI SM8650", 75),
        ("QTI SM8750P", 79),
        ("SM8850", 81),
        ("QTI SM8250", None),
        ("QTI SM86500", None),
        ("Mediatek MT6989", None),
        ("pineapple", None),
        (None, None),
    ],
)
def test_the_chip_decides_the_generation_and_none_is_guessed(soc: str | None, arch: int | None) -> None:
    assert arch_of(soc) == arch
