import json
from pathlib import Path

import pytest
from support.enhancers import random_enhancer

from arllie_deploy import ArllieError
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.export.job import Job
from arllie_deploy.export.manifest import Entry
from arllie_deploy.export.pipeline import export
from arllie_deploy.export.targets import TARGETS
from arllie_deploy.runtimes import RUNTIMES
from arllie_deploy.runtimes.litert import read_metadata

pytestmark = pytest.mark.skipif(not TARGETS["tflite-cpu"].availability().ok, reason="tensorflow or LiteRT is missing")


@pytest.fixture(scope="module", params=EPILOGUES)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Entry]:
    out = tmp_path_factory.mktemp("out")
    job = Job(TARGETS["tflite-cpu"], random_enhancer(request.param), "fp32", (64, 48))
    return out / job.file_name, export(job, out, timeout_s=300, force=False)


def test_it_is_verified_at_its_own_and_at_an_odd_size(exported: tuple[Path, Entry]) -> None:
    path, entry = exported
    assert entry["status"] == "ok", entry["reason"]
    assert path.exists()
    assert entry["parity"]["max_abs"] <= 1e-5
    assert entry["parity"]["sizes"] == ["251x67", "64x48"]


def test_nothing_is_transposed_or_padded(exported: tuple[Path, Entry]) -> None:
    operators = exported[1]["operators"]
    assert operators[0] == "CONV_2D"
    assert not {"TRANSPOSE", "PAD", "PADV2", "MIRROR_PAD", "RESHAPE", "QUANTIZE", "DEQUANTIZE"} & set(operators)


def test_the_artifact_describes_itself(exported: tuple[Path, Entry]) -> None:
    path, entry = exported
    text = read_metadata(path)
    assert text is not None
    metadata = json.loads(text)
    assert metadata["model_sha256"] == entry["model_sha256"]
    assert (metadata["layout"], metadata["size"], metadata["form"]) == ("NHWC", [64, 48], entry["form"])


def test_a_frame_of_another_size_is_refused(exported: tuple[Path, Entry]) -> None:
    import numpy as np

    opened = RUNTIMES["litert"].open(exported[0], 1)
    with pytest.raises(ArllieError, match="the artifact holds 64x48, the frame is 48x64"):
        opened.run(np.zeros((64, 48, 3), np.uint8))


def test_a_truncated_artifact_is_refused(exported: tuple[Path, Entry], tmp_path: Path) -> None:
    whole = exported[0].read_bytes()
    for length in (0, 4, 8, 100, len(whole) // 2):
        (tmp_path / "m.tflite").write_bytes(whole[:length])
        with pytest.raises(ArllieError, match="TFLite"):
            RUNTIMES["litert"].open(tmp_path / "m.tflite", 1)
