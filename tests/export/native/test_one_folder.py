"""All native artifacts, of two models, in one folder: none takes another's file, and each still gives its bytes."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_enhancer
from support.native_artifacts import request_for, written

from arllie_deploy.export.native.companions import stem_of, write_common
from arllie_deploy.export.targets import TARGETS
from arllie_deploy.native import oracle
from arllie_deploy.native.integer import quantize
from arllie_deploy.runtimes import RUNTIMES

NATIVE = {name: row for name, row in TARGETS.items() if row.precisions == ("int8x16",)}
MODELS = [random_enhancer("residual", name="first"), random_enhancer("curve", seed=1, name="second")]
FRAME = np.random.default_rng(0).integers(0, 256, (9, 35, 3), np.uint8)


def test_no_artifact_takes_a_file_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arllie_deploy.export.native.hexagon._COUNTED_SIZE", (64, 64))
    here = [name for name, row in NATIVE.items() if row.availability().ok]
    if len(here) < 2:
        pytest.skip(f"fewer than two native targets here: {[row.availability().reason for row in NATIVE.values()]}")
    bytes_of: dict[str, str] = {}
    requests = []
    for name in here:
        for model in MODELS:
            request, said = written(name, tmp_path, model)
            for file in (request.path.name, *said.sidecars):
                assert file not in bytes_of
                bytes_of[file] = hashlib.sha256((tmp_path / file).read_bytes()).hexdigest()
            requests.append(request)
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()}
    assert found == bytes_of
    for request in requests:
        made = RUNTIMES[TARGETS[request.target].runtime].open(request.path, None).run(FRAME)
        np.testing.assert_array_equal(made, oracle.enhance(quantize(request.enhancer), FRAME), request.path.name)


@pytest.mark.parametrize("target", NATIVE)
def test_the_files_of_an_artifact_begin_with_its_own_name(target: str, tmp_path: Path) -> None:
    request = request_for(target, tmp_path)
    files = write_common(request)
    assert target in stem_of(request)
    assert all(path.name.startswith(stem_of(request)) for path in files)
    assert {path.name for path in files} == {path.name for path in tmp_path.iterdir()}
