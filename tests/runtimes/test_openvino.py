import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_enhancer

from arllie_deploy import ArllieError
from arllie_deploy.export.openvino import write
from arllie_deploy.export.request import Request
from arllie_deploy.runtimes.openvino import ROW

available = ROW.availability()
pytestmark = pytest.mark.skipif(not available.ok, reason=str(available.reason))


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    path = tmp_path / "m.xml"
    write(Request(random_enhancer(), "openvino", "fp32", (64, 48), path))
    return path


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_frame_comes_out_as_the_reference_makes_it(dtype: type, artifact: Path) -> None:
    frame = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (67, 51, 3), dtype, endpoint=True)
    output, expected = ROW.open(artifact, 1).run(frame), random_enhancer().enhance(frame)
    assert (output.shape, output.dtype) == (frame.shape, frame.dtype)
    assert np.abs(output.astype(np.int64) - expected).max() <= 1


def test_threads_and_the_kernel_that_was_chosen_are_read_back(artifact: Path) -> None:
    opened = ROW.open(artifact, 1)
    assert opened.threads == 1
    assert opened.executed_by.startswith("OpenVINO CPU, ")
    # bfloat16 is what OpenVINO takes by itself where the processor has it.
    assert opened.executed_by.endswith("_f32")


def test_a_second_frame_leaves_the_first_result_alone(artifact: Path) -> None:
    opened = ROW.open(artifact, 1)
    first = opened.infer(np.full((1, 3, 8, 8), 0.2, np.float32))
    kept = first.copy()
    opened.infer(np.full((1, 3, 8, 8), 0.9, np.float32))
    assert (first == kept).all()


@pytest.mark.parametrize("suffix", [".xml", ".bin"])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_artifact_is_refused_in_one_line(
    suffix: str, share: float, artifact: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = artifact.with_suffix(suffix)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert_refused(artifact, "m.xml", capfd)


def test_a_missing_binary_is_refused(artifact: Path, capfd: pytest.CaptureFixture[str]) -> None:
    artifact.with_suffix(".bin").unlink()
    assert_refused(artifact, "bin file cannot be found", capfd)


@pytest.mark.parametrize("text", ["no artifact", "<html/>", ""])
def test_another_file_is_refused(text: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.xml").write_text(text)
    assert_refused(tmp_path / "m.xml", "OpenVINO .xml file", capfd)


def test_a_missing_file_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert_refused(tmp_path / "m.xml", "No such file", capfd)


def test_metadata_that_is_missing_or_cannot_be_honored_is_refused(
    artifact: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = artifact.read_text()
    artifact.write_text(text.replace("<arllie ", "<somebody "))
    assert_refused(artifact, "holds no arllie metadata", capfd)
    artifact.write_text(text.replace("RGB", "BGR"))
    assert_refused(artifact, "color is 'BGR'", capfd)


def assert_refused(path: Path, message: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ArllieError) as caught:
        ROW.open(path, 1)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert capfd.readouterr() == ("", "")


def test_a_model_without_an_artifact_is_refused() -> None:
    with pytest.raises(ArllieError, match=r"arllie-export --target openvino"):
        ROW.open(random_enhancer(), 1)


def test_nothing_is_reported_to_anyone(tmp_path: Path) -> None:
    """OpenVINO's telemetry makes files in the home folder and reports every import, unless somebody is in its way."""
    program = """
import json, sys
from pathlib import Path
from arllie_deploy.export.openvino import write
from arllie_deploy.export.request import Request
from arllie_deploy.models import find_fixed_model
from arllie_deploy.runtimes.openvino import ROW
path = Path(sys.argv[1])
write(Request(find_fixed_model("arllie-lol"), "openvino", "fp32", (64, 48), path))
ROW.open(path, 1)
print(json.dumps([name for name in sys.modules if name.startswith("openvino_telemetry")]))
import openvino_telemetry  # it is as free as before for whoever wants it
"""
    home = tmp_path / "home"
    home.mkdir()
    # It is silent by itself where it believes to be on a server of tests.
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("CI", "GITHUB", "TF_BUILD"))}
    line = [sys.executable, "-P", "-W", "error", "-c", program, str(tmp_path / "m.xml")]
    done = subprocess.run(line, capture_output=True, text=True, check=False, env={**environment, "HOME": str(home)})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
    assert list(home.iterdir()) == []
