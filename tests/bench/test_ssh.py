"""How ssh is started, and what its errors mean: its own words where there is one, and those of a refusing sshd."""

import shutil
import socket
from pathlib import Path

import pytest
from support.fleets import host, only_reason, order
from support.ssh_server import ssh_server

from arllie_deploy.bench import ssh
from arllie_deploy.bench.fleet import run_fleet
from arllie_deploy.bench.fleet_file import SshDevice
from arllie_deploy.bench.status import Status


@pytest.fixture
def real_ssh() -> None:
    """Its own words are what is recognized."""
    if shutil.which("ssh") is None:
        pytest.skip("no ssh program here: apt-get install openssh-client")


def alone(tmp_path: Path, **facts: object) -> SshDevice:
    config = tmp_path / "config"
    config.write_text(
        f"Host *\n  UserKnownHostsFile {tmp_path / 'known'}\n  IdentityAgent none\n  IdentityFile /none\n"
    )
    return SshDevice(**{"name": "host", "config": config, "host": "127.0.0.1", **facts})  # type: ignore[arg-type]


@pytest.mark.usefixtures("real_ssh")
def test_a_closed_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound and not listening: nobody else can listen there meanwhile
        taken.bind(("127.0.0.1", 0))
        device = alone(tmp_path, port=taken.getsockname()[1])
        reason = only_reason(run_fleet([device], order(tmp_path)), Status.UNAVAILABLE)
    assert reason == "connection refused: no ssh server listens there"


@pytest.mark.usefixtures("real_ssh")
def test_an_unknown_host_is_named(tmp_path: Path) -> None:
    fleet = run_fleet([alone(tmp_path, host="nobody.invalid")], order(tmp_path))
    assert only_reason(fleet, Status.UNAVAILABLE) == "unknown host: its name cannot be resolved"


@pytest.mark.parametrize(
    ("line", "new", "status", "reason"),
    [
        ("UserKnownHostsFile", "UserKnownHostsFile /dev/null", Status.UNAVAILABLE, "its host key is not known here"),
        ("IdentityFile", "IdentityFile /dev/null", Status.UNAVAILABLE, "it accepts no key of this user"),
    ],
)
def test_who_is_not_let_in_is_told_why(line: str, new: str, status: Status, reason: str, tmp_path: Path) -> None:
    with ssh_server(tmp_path / "server") as server:
        lines = server.config.read_text().splitlines()
        server.config.write_text("\n".join(new if line in text.split() else text for text in lines) + "\n")
        fleet = run_fleet([host(server, ["arllie-bench"])], order(tmp_path))
    assert only_reason(fleet, status).startswith(reason)


def test_without_an_ssh_program_the_row_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    fleet = run_fleet([SshDevice(name="host", host="somewhere")], order(tmp_path))
    assert "no ssh program here" in only_reason(fleet, Status.UNAVAILABLE)


def test_a_host_and_a_file_are_no_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a host that the file would refuse stands behind the end of the options."""
    device = SshDevice(name="host", host="-oProxyCommand=touch pwned", port=7, config=Path("/a b"), command=("c d",))
    words = ssh.ssh_words(device, "/usr/bin/ssh", ["--model", "; x"])
    end, named, line = words[words.index("--") :]
    assert (end, named) == ("--", "-oProxyCommand=touch pwned")
    assert line.endswith(" sh 'c d' --model '; x'")
    assert words[1:3] == ["-F", "/a b"]
    assert "BatchMode=yes" in words


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        (
            255,
            "kex_exchange_identification: Connection closed by remote host",
            (Status.FAILED, "the connection was lost"),
        ),
        (255, "ssh: connect to host a port 22: No route to host", (Status.UNAVAILABLE, "it cannot be reached")),
        (255, "ssh: connect to host a port 22: Connection timed out", (Status.UNAVAILABLE, "it cannot be reached")),
        (
            255,
            "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
            (Status.FAILED, "its host key is another"),
        ),
        (255, "something\nnew\n", (Status.FAILED, "ssh: new")),
        (255, "", (Status.FAILED, "ssh: it gave no reason")),
        (126, "Permission denied", (Status.UNAVAILABLE, "there is no prog there")),
    ],
)
def test_what_ssh_says_is_understood(status: int, said: str, expected: tuple[Status, str]) -> None:
    found = ssh.recognize(status, said, "prog")
    assert found is not None
    assert (found[0], found[1][: len(expected[1])]) == expected


@pytest.mark.parametrize("status", [0, 1, 2, 130])
def test_what_the_program_says_is_not_taken_for_ssh(status: int) -> None:
    assert ssh.recognize(status, "connection refused", "prog") is None
