from pathlib import Path

from arllie_deploy.bench.candidate import Candidate
from arllie_deploy.bench.status import Status


def bytes_of(candidate: Candidate) -> int | None:
    return candidate.row(Status.UNAVAILABLE, reason="not tried").artifact_bytes


def test_an_artifacts_size_is_that_of_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "m.param").write_bytes(b"graph")
    files = {"files": [{"file": "m.param", "bytes": 5}, {"file": "m.bin", "bytes": 340}]}
    alone = Candidate(backend="cpu", runtime="ncnn", size="8x8", artifact=tmp_path / "m.param")
    whole = Candidate(backend="cpu", runtime="ncnn", size="8x8", artifact=tmp_path / "m.param", manifest=files)
    assert (bytes_of(alone), bytes_of(whole)) == (5, 345)


def test_what_is_not_there_has_no_size(tmp_path: Path) -> None:
    absent = Candidate(backend="cpu", runtime="ncnn", size="8x8", artifact=tmp_path / "m.param")
    assert bytes_of(absent) is bytes_of(Candidate(backend="cpu", runtime="numpy", size="8x8")) is None
