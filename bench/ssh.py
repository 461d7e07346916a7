"""The system's ssh program: the words it is started with, and what its errors mean."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from arllie_deploy.bench.fleet_file import SshDevice
from arllie_deploy.bench.status import Status

# ssh's exit status for trouble of its own (ssh(1)); a shell's for a program that it cannot find or run (sh(1)).
OWN_ERROR, NO_PROGRAM, NOT_EXECUTABLE = 255, 127, 126
_OPTIONS = {
    "BatchMode": "yes",  # asks nothing: no password, no unknown host key
    "ConnectTimeout": "20",
    "ServerAliveInterval": "15",
    "ServerAliveCountMax": "4",
    "ClearAllForwardings": "yes",
    "ForwardAgent": "no",
    "PermitLocalCommand": "no",
    "RemoteCommand": "none",  # one in the user's configuration would stand in the way of ours
    "RequestTTY": "no",
    "LogLevel": "ERROR",
}
# What OpenSSH prints, lower case; the first that fits decides.
_SAID = (
    ("remote host identification has changed", Status.FAILED, "its host key is another one than before"),
    (
        "host key verification failed",
        Status.UNAVAILABLE,
        "its host key is not known here: connect once by hand and compare its fingerprint",
    ),
    (
        "permission denied",
        Status.UNAVAILABLE,
        "it accepts no key of this user without a question: ssh-copy-id, or load the key into ssh-agent",
    ),
    ("connection refused", Status.UNAVAILABLE, "connection refused: no ssh server listens there"),
    ("could not resolve hostname", Status.UNAVAILABLE, "unknown host: its name cannot be resolved"),
    ("no route to host", Status.UNAVAILABLE, "it cannot be reached: no route to it"),
    ("network is unreachable", Status.UNAVAILABLE, "it cannot be reached: the network is unreachable"),
    ("connection timed out", Status.UNAVAILABLE, "it cannot be reached: no answer"),
    ("operation timed out", Status.UNAVAILABLE, "it cannot be reached: no answer"),
    ("not responding", Status.FAILED, "the connection was lost"),
    ("connection reset", Status.FAILED, "the connection was lost"),
    ("closed by remote host", Status.FAILED, "the connection was lost"),
    ("broken pipe", Status.FAILED, "the connection was lost"),
)


# Runs its arguments until they end or stdin does, which is when the connection is lost or given up here; arllie-bench
# answers SIGTERM with what it has measured. A shell gives what it starts with & no stdin, hence descriptor 3.
_WATCH = (
    'exec 3<&0; "$@" </dev/null 3<&- & p=$!; { cat; kill "$p"; } <&3 >/dev/null 2>&1 & w=$!; '
    'exec 3<&-; wait "$p"; s=$?; kill "$w" 2>/dev/null; exit "$s"'
)


def ssh_words(device: SshDevice, program: str, options: Sequence[str]) -> list[str]:
    """The argument list that runs the device's command with `options`.

    ssh joins what follows the host with spaces, and the login shell there reads it: so it goes as one word in which
    every word is quoted. The host stands behind "--", where nothing is an option. The command ends with ssh's stdin.
    """
    config = ["-F", str(device.config)] if device.config is not None else []
    port = ["-p", str(device.port)] if device.port is not None else []
    own = [word for name, value in _OPTIONS.items() for word in ("-o", f"{name}={value}")]
    return [
        program,
        *config,
        *own,
        *port,
        "--",
        device.host,
        shlex.join(["sh", "-c", _WATCH, "sh", *device.command, *options]),
    ]


def recognize(exit_status: int, said: str, command: str) -> tuple[Status, str] | None:
    """What kept `command` from running on the host, in words; None if it ran.

    Args:
        exit_status: of ssh.
        said: what was printed on stderr.
        command: the program.
    """
    if exit_status in (NO_PROGRAM, NOT_EXECUTABLE):
        mend = 'pip install arllie-deploy on it, or give the program\'s path: command = ["/.../arllie-bench"]'
        return Status.UNAVAILABLE, f"there is no {command} there: {mend}"
    if exit_status != OWN_ERROR:
        return None
    text = said.lower()
    known = next(((status, reason) for words, status, reason in _SAID if words in text), None)
    return known or (Status.FAILED, f"ssh: {last_line(said)}")


def last_line(said: str) -> str:
    """The last line that says something, printable and of bounded length."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    text = lines[-1] if lines else "it gave no reason"
    return "".join(char if char.isprintable() else " " for char in text)[:300]
