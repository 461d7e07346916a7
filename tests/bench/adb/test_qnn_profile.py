import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.qnn_sdk import write_sdk

from arllie_deploy.bench.adb.qnn_profile import Profile, parse_profile, read_log
from arllie_deploy.bench.adb.qnn_sdk import find_files
from arllie_deploy.errors import ArllieError, UnavailableError

HEADER = "Msg Timestamp, Message, Time, Unit of Measurement, Timing Source, Event Level, Event Identifier"
NETRUN = "1,EXECUTE,{},US,NETRUN,ROOT,Graph 0: a name, with a comma"
HTP = "1,EXECUTE,{},US,BACKEND,ROOT,QNN accelerator (execute) time"
OTHERS = (
    "",
    "0,INIT,331158,US,NETRUN,ROOT,INIT",
    "1,EXECUTE,4,COUNT,BACKEND,ROOT,Number of HVX threads used",
    "1,EXECUTE,2920,US,BACKEND,ROOT,RPC (execute) time",
    "1,EXECUTE,149241,CYCLES,BACKEND,ROOT,Accelerator (execute) time (cycles)",
    "1,EXECUTE,13807,CYCLES,BACKEND,SUB-EVENT,_Transpose_3:OpId_119 (cycles)",
    "1,EXECUTE,3278,US,BACKEND,ROOT,QNN (execute) time",
    "2,EXECUTE IPS,214.8,INF/SEC,NETRUN,ROOT,IPS",
    "short,line",
)


def test_executions_are_told_from_everything_else() -> None:
    lines = ["Input Log File Location,x", HEADER, *OTHERS, NETRUN.format(3301), HTP.format(1851), *OTHERS]
    assert parse_profile("\n".join([*lines, NETRUN.format(3000)])) == Profile((3301, 3000), (1851,))


@given(st.lists(st.integers(0, 10**9), min_size=1), st.sampled_from(["\n", "\r\n"]))
def test_every_execution_counts_once_and_in_order(times: list[int], end: str) -> None:
    lines = [HEADER, *(line for time in times for line in (NETRUN.format(time), HTP.format(time // 2), *OTHERS))]
    assert parse_profile(end.join(lines)) == Profile(tuple(times), tuple(time // 2 for time in times))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "gave no table"),
        (NETRUN.format(5), "gave no table"),
        ("Msg Timestamp,Message\n1,EXECUTE", "gave no table"),
        (f"{HEADER}\n{HTP.format(5)}", "no execution"),
        (f"{HEADER}\n{NETRUN.format('soon')}", "'soon' where a time should be"),
        (f"{HEADER}\n{NETRUN.format('nan')}", "'nan' where a time should be"),
        (f"{HEADER}\n{NETRUN.format(-1)}", "'-1' where a time should be"),
    ],
)
def test_what_is_no_profile_is_refused(text: str, said: str) -> None:
    with pytest.raises(ArllieError, match=said):
        parse_profile(text)


def log(folder: Path) -> Path:
    path = folder / "qnn-profiling-data_0.log"
    path.write_bytes(b"\0QNN" + json.dumps([[900, 700], True]).encode())
    return path


def test_the_viewer_of_the_sdk_reads_the_log(tmp_path: Path) -> None:
    files = find_files(write_sdk(tmp_path / "s d;k $(x)", answers={}), 75)
    assert read_log(files, log(tmp_path)) == Profile((900, 700), (400, 200))


def test_a_viewer_that_fails_gives_its_reason(tmp_path: Path) -> None:
    files = find_files(write_sdk(tmp_path / "sdk", answers={}, viewer_status=127), 75)
    with pytest.raises(ArllieError, match=r"ended with status 127: error while loading shared libraries: libc\+\+"):
        read_log(files, log(tmp_path))


def test_without_a_viewer_that_runs_here_times_are_unavailable(tmp_path: Path) -> None:
    files = find_files(write_sdk(tmp_path / "sdk", answers={}), 75)
    files.viewer.write_bytes(b"\x7fELF of another processor")
    with pytest.raises(UnavailableError, match=r"a log that only .*qnn-profile-viewer reads"):
        read_log(files, log(tmp_path))
    files.viewer.unlink()
    with pytest.raises(UnavailableError, match="No such file"):
        read_log(files, log(tmp_path))
