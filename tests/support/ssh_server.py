"""A real sshd on a free port of 127.0.0.1, with keys and configuration of its own in a temporary folder."""

import getpass
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.ports import HOST, free_port, listens

# It does what sshd does with the words behind the host: the login shell reads them.
_STAND_IN = """#!/bin/sh
while [ "$1" != "--" ]; do shift; done
shift 2
exec sh -c "$1"
"""


@dataclass(frozen=True)
class SshServer:
    """Where it listens, and the configuration with which the ssh program gets in."""

    host: str
    port: int
    config: Path


def write_stand_in(folder: Path) -> SshServer:
    """Put a program named ssh into `folder` that runs what it is given on this machine; no server, no keys."""
    (folder / "ssh").write_text(_STAND_IN)
    (folder / "ssh").chmod(0o755)
    return SshServer("stand-in", 22, folder / "config")


@contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    """Start one; skips the test, with the reason, where that cannot be."""
    program = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
    if program is None or shutil.which("ssh") is None or shutil.which("ssh-keygen") is None:
        pytest.skip("no sshd here: apt-get install openssh-server openssh-client")
    folder.mkdir()
    for name in ("host_key", "user_key"):
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
    port = free_port()
    server = _server_config(folder, port)
    client = _client_config(folder, port)
    words = [*_with_its_folder(), program, "-D", "-e", "-f", str(server)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=log)
    try:
        if not listens(port, process):
            pytest.skip(f"sshd does not start here: {(folder / 'log').read_text()[-300:]!r}")
        yield SshServer(HOST, port, client)
    finally:
        process.terminate()
        process.wait()


def _with_its_folder() -> list[str]:
    """A command in front of sshd that gives it /run/sshd, which it wants of root, without touching the real /run."""
    if os.geteuid() != 0 or Path("/run/sshd").is_dir():
        return []
    return ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /run && mkdir /run/sshd && exec "$@"', "sh"]


def _server_config(folder: Path, port: int) -> Path:
    shutil.copy(folder / "user_key.pub", folder / "authorized_keys")
    lines = [
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {folder / 'host_key'}",
        f"AuthorizedKeysFile {folder / 'authorized_keys'}",
        f"PidFile {folder / 'pid'}",
        "AuthenticationMethods publickey",
        "PermitRootLogin prohibit-password",
        "StrictModes no",
        "UsePAM no",
        "LogLevel VERBOSE",
    ]
    return _written(folder / "sshd_config", lines)


def _client_config(folder: Path, port: int) -> Path:
    key = " ".join((folder / "host_key.pub").read_text().split()[:2])
    _written(folder / "known_hosts", [f"[127.0.0.1]:{port} {key}"])
    lines = [
        "Host *",
        f"  User {getpass.getuser()}",
        f"  IdentityFile {folder / 'user_key'}",
        f"  UserKnownHostsFile {folder / 'known_hosts'}",
        "  GlobalKnownHostsFile /dev/null",
        "  IdentitiesOnly yes",
        "  IdentityAgent none",
    ]
    return _written(folder / "ssh_config", lines)


def _written(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path
