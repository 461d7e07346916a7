"""A genuine adb server of the tests' own: a free port, its own folder for keys, no discovery; ended by its number."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.ports import HOST, free_port, listens

from arllie_deploy.bench.adb.client import Adb, Server


@contextmanager
def adb_server(home: Path) -> Iterator[Adb]:
    """Start one; skips where adb is not installed."""
    program = shutil.which("adb")
    if program is None:
        pytest.skip("no adb program here: apt-get install adb")
    port = free_port()
    settings = {
        "HOME": str(home),
        "ANDROID_USER_HOME": str(home),
        "ADB_MDNS": "0",
        "ADB_MDNS_OPENSCREEN": "0",
        "ADB_EMU": "0",
        "ADB_LOCAL_TRANSPORT_MAX_PORT": "5553",  # below the first port on which it would look for emulators
    }
    # Where the tests themselves are killed, the kernel ends the server.
    setpriv = shutil.which("setpriv")
    with_us = [setpriv, "--pdeathsig", "TERM"] if setpriv else []
    log = home / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*with_us, program, "-L", f"tcp:localhost:{port}", "nodaemon", "server"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **settings},
            start_new_session=True,
        )
    try:
        assert listens(port, process), f"the adb server did not start: {log.read_text()}"
        yield Adb(program, Server(HOST, port))
    finally:
        process.terminate()
        process.wait()
